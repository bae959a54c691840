using Microsoft.Extensions.Configuration;
using OrleansStream.Client;
using OrleansStream.Engine.Jobs;
using OrleansStream.Hosting;

namespace OrleansStream.Examples.Flights;

/// <summary>The program around <see cref="FlightDelays"/>: options, the output folder, progress, the table at the end.</summary>
internal static class FlightsExample
{
    public const string DefaultOutput = "out/flights";
    private const string DefaultCheckpoints = "checkpoints";
    private const int Rows = 10;

    private static readonly ExtraOption[] s_options =
    [
        new("rate", "Flights a second, by the host's clock. Default: as fast as it goes.") { ValueName = "number", IsArgument = true },
        new("repeat", "How often the input is read, each time with later dates. Default: 1.") { ValueName = "times", IsArgument = true },
        new("input", "The file to read. Default: the sample of 20,000 flights.") { ValueName = "file", IsArgument = true },
        new("output", $"The output folder. Default: {DefaultOutput}.") { ValueName = "folder", IsArgument = true },
        new("overwrite", "Delete the output of an earlier run and begin anew."),
        new("progress", "How progress is shown: auto, live, plain, none. Default: auto.") { ValueName = "mode" },
    ];

    public static Task<int> RunAsync(string[] args) => RunAsync(args, run => run.RunAsync());

    /// <summary>Runs the job with arguments, in a host of the caller's.</summary>
    public static async Task<int> RunAsync(string[] args, Func<ConsoleRun, Task<LocalRunResult>> host)
    {
        try
        {
            // Ctrl-C twice must not take away what a resume needs.
            JobOptions defaults = new()
            {
                Checkpointing = new CheckpointOptions { Directory = DefaultCheckpoints, Interval = TimeSpan.FromSeconds(1), Retention = CheckpointRetention.RetainOnCancel },
            };
            IConfiguration configuration = ProcessConfiguration.Load();
            ReadJobOptions read = new JobOptionsReader(defaults, s_options).Read(args, Environment.GetEnvironmentVariables(), configuration);
            if (read.WantsHelp)
            {
                PrintHelp();
                return 0;
            }

            string output = read.Options.Arguments.Get("output", DefaultOutput);
            RequireArguments(read);
            PrepareOutput(read, output);
            ConsoleRun run = new()
            {
                Name = nameof(FlightDelays),
                Create = () => new FlightDelays(),
                Options = read.Options,
                Progress = ProgressOf(read),
                Configuration = configuration,
            };
            LocalRunResult result = await host(run);
            if (result.Outcome?.State == JobState.Finished)
            {
                Console.Out.WriteLine($"The {Rows} worst hours, of all rows in {output}:");
                WorstDelays.Print(Console.Out, WorstDelays.Read(output, Rows));
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
    private static void RequireCheckpoint(JobOptions options, string output)
    {
        string job = Path.Combine(options.Checkpointing.Directory!, options.Name ?? nameof(FlightDelays));
        if (!Directory.Exists(job) && Directory.Exists(output) && Directory.EnumerateFiles(output, "part-*").Any())
        {
            throw new OptionsException(
                $"--resume: '{output}' has output, but there is no checkpoint in '{job}' to go on from. Give the right --checkpoint-dir, or --overwrite instead to begin anew.");
        }
    }

    private static void RequireArguments(ReadJobOptions read)
    {
        if (read.Options.Arguments.Get("rate", 1.0) is not (> 0 and < double.PositiveInfinity))
        {
            throw new OptionsException($"--rate {read.Options.Arguments.Values["rate"]}: must be a positive number of flights a second.");
        }

        if (read.Options.Arguments.Get("repeat", 1) is not (>= 1 and <= 10_000))
        {
            throw new OptionsException($"--repeat {read.Options.Arguments.Values["repeat"]}: must be from 1 to 10000.");
        }
    }

    private static ProgressMode ProgressOf(ReadJobOptions read)
    {
        string text = read.Extras.GetValueOrDefault("progress", "auto");
        return Enum.TryParse(text, ignoreCase: true, out ProgressMode mode) && Enum.IsDefined(mode)
            ? mode
            : throw new OptionsException($"--progress {text}: is none of auto, live, plain, none.");
    }

    private static void PrintHelp()
    {
        Console.Out.WriteLine("Mean and worst delay of flights per airport and hour, into files, each result exactly once.");
        Console.Out.WriteLine("Ctrl-C stops with a final checkpoint, which stays; --resume goes on from it.\n");
        Console.Out.WriteLine("Examples:\n  ./run\n  ./run --repeat 50 --rate 100000 --overwrite\n  ./run flights --resume\n");
        JobOptionHelp.Write(Console.Out, s_options);
    }
}
