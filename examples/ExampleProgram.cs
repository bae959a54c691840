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

    /// <summary>The name of the job, unless <c>--job-name</c> gives another; that of the example if it is left out.</summary>
    public string? JobName { get; init; }

    /// <summary>Calls that the help shows; one if they are left out.</summary>
    public IReadOnlyList<string> Calls { get; init; } = [];

    /// <summary>The example's own options.</summary>
    public IReadOnlyList<ExtraOption> Options { get; init; } = [];

    /// <summary>Looks at the example's own arguments; what is wrong is an <see cref="OptionsException"/>.</summary>
    public Action<JobArguments> Check { get; init; } = _ => { };

    /// <summary>The output folder unless <c>--output</c> names another.</summary>
    public string DefaultOutput => $"out/{Name}";

    /// <summary>Runs it on threads of this process.</summary>
    /// <param name="args">The command line behind the name.</param>
    /// <returns>The exit code.</returns>
    public Task<int> RunAsync(string[] args) => RunAsync(args, run => run.RunAsync());

    /// <summary>Runs it in a host of the caller's.</summary>
    /// <param name="args">The command line behind the name.</param>
    /// <param name="host">Runs the job and says how it ended.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(string[] args, Func<ConsoleRun, Task<LocalRunResult>> host)
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
            // Ctrl-C twice must not take away what a resume needs.
            JobOptions defaults = new()
            {
                Checkpointing = new CheckpointOptions { Directory = Checkpoints, Interval = TimeSpan.FromSeconds(1), Retention = CheckpointRetention.RetainOnCancel },
            };
            IConfiguration configuration = ProcessConfiguration.Load();
            ReadJobOptions read = new JobOptionsReader(defaults, options).Read(args, Environment.GetEnvironmentVariables(), configuration);
            if (read.WantsHelp)
            {
                PrintHelp(options);
                return 0;
            }

            Check(read.Options.Arguments);
            string output = read.Options.Arguments.Get("output", DefaultOutput);
            PrepareOutput(read, output);
            ConsoleRun run = new() { Name = JobName ?? Name, Create = Create, Options = read.Options, Progress = ProgressOf(read), Configuration = configuration };
            LocalRunResult result = await host(run);
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

    private void PrepareOutput(ReadJobOptions read, string output)
    {
        if (read.Options.Resume)
        {
            if (read.Has("overwrite"))
            {
                throw new OptionsException("--overwrite cannot be given together with --resume: one begins anew, the other goes on.");
            }

            RequireCheckpoint(read.Options, output);
            return;
        }

        if (read.Has("overwrite"))
        {
            FileSink.RequireEmptyOrOwned(output);
            OutputFolder.Clear(output);
        }

        OutputFolder.RequireEmpty(output);
    }

    // Without a checkpoint a resume begins anew, and would write the rows that are there a second time.
    private void RequireCheckpoint(JobOptions options, string output)
    {
        string job = Path.Combine(options.Checkpointing.Directory!, options.Name ?? JobName ?? Name);
        if (!Directory.Exists(job) && Directory.Exists(output) && Directory.EnumerateFiles(output, "part-*").Any())
        {
            throw new OptionsException(
                $"--resume: '{output}' has output, but there is no checkpoint in '{job}' to go on from. Give the right --checkpoint-dir, or --overwrite instead to begin anew.");
        }
    }

    private static ProgressMode ProgressOf(ReadJobOptions read)
    {
        string text = read.Extras.GetValueOrDefault("progress", "auto");
        return Enum.TryParse(text, ignoreCase: true, out ProgressMode mode) && Enum.IsDefined(mode)
            ? mode
            : throw new OptionsException($"--progress {text}: is none of auto, live, plain, none.");
    }

    private void PrintHelp(ExtraOption[] options)
    {
        IReadOnlyList<string> calls = Calls.Count > 0 ? Calls : [$"./run {Name} --overwrite"];
        Console.Out.WriteLine($"{About}");
        Console.Out.WriteLine("Ctrl-C stops with a final checkpoint, which stays; --resume goes on from it.\n");
        Console.Out.WriteLine($"Example{(calls.Count == 1 ? "" : "s")}:\n  {string.Join("\n  ", calls)}\n");
        JobOptionHelp.Write(Console.Out, options);
    }
}
