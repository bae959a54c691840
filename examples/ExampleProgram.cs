using Microsoft.Extensions.Configuration;
using OrleansStream.Client;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Examples;

/// <summary>The program around an example's job: options, the output folder, progress, what is printed at the end.</summary>
internal sealed record ExampleProgram
{
    private const string Checkpoints = "checkpoints";

    /// <summary>Its name, as <c>./run</c> takes it.</summary>
    public required string Name { get; init; }

    /// <summary>What the help says first.</summary>
    public required string About { get; init; }

    /// <summary>Makes the job.</summary>
    public required Func<IStreamJob> Create { get; init; }

    /// <summary>Prints the result out of the output folder.</summary>
    public required Action<TextWriter, string> Print { get; init; }

    /// <summary>The example's own options.</summary>
    public IReadOnlyList<ExtraOption> Options { get; init; } = [];

    /// <summary>The output folder unless <c>--output</c> names another.</summary>
    public string DefaultOutput => $"out/{Name}";

    /// <summary>Runs it.</summary>
    /// <param name="args">The command line behind the name.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args)
    {
        ExtraOption[] options =
        [
            .. Options,
            new("output", $"The output folder. Default: {DefaultOutput}.") { ValueName = "folder", IsArgument = true },
            new("overwrite", "Delete the output of an earlier run and begin anew."),
            new("progress", "How progress is shown: auto, live, plain, none. Default: auto.") { ValueName = "mode" },
        ];
        try
        {
            JobOptions defaults = new()
            {
                Checkpointing = new CheckpointOptions { Directory = Checkpoints, Interval = TimeSpan.FromSeconds(1), Retention = CheckpointRetention.RetainOnCancel },
            };
            IConfiguration configuration = ProcessConfiguration.Load();
            ReadJobOptions read = new JobOptionsReader(defaults, options).Read(args, Environment.GetEnvironmentVariables(), configuration);
            if (read.WantsHelp)
            {
                Console.Out.WriteLine($"{About}\n\nExample:\n  ./run {Name} --overwrite\n");
                JobOptionHelp.Write(Console.Out, options);
                return 0;
            }

            string output = read.Options.Arguments.Get("output", DefaultOutput);
            PrepareOutput(read, output);
            ConsoleRun run = new() { Name = Name, Create = Create, Options = read.Options, Progress = ProgressOf(read), Configuration = configuration };
            LocalRunResult result = await run.RunAsync();
            if (result.Outcome?.State == JobState.Finished)
            {
                Print(Console.Out, output);
            }

            return result.ExitCode;
        }
        catch (OptionsException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
    }

    private static void PrepareOutput(ReadJobOptions read, string output)
    {
        if (read.Options.Resume)
        {
            return;
        }

        if (read.Has("overwrite"))
        {
            FileSink.RequireEmptyOrOwned(output);
            OutputFolder.Clear(output);
        }

        OutputFolder.RequireEmpty(output);
    }

    private static ProgressMode ProgressOf(ReadJobOptions read)
    {
        string text = read.Extras.GetValueOrDefault("progress", "auto");
        return Enum.TryParse(text, ignoreCase: true, out ProgressMode mode) && Enum.IsDefined(mode)
            ? mode
            : throw new OptionsException($"--progress {text}: is none of auto, live, plain, none.");
    }
}
