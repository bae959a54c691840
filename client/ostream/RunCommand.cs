using System.CommandLine;
using Microsoft.Extensions.Configuration;
using OrleansStream.Client;
using OrleansStream.Hosting;

namespace OrleansStream.Cli;

/// <summary><c>ostream run</c>: runs the job of an assembly in this process.</summary>
internal static class RunCommand
{
    private const string Summary =
        "Runs a job in this process, until it ends. Ctrl-C stops it with a final checkpoint, which stays; a second Ctrl-C cancels it.\n"
        + "Exit codes: 0 done, 1 the job failed (the reason on the standard error stream), 2 wrong use.\n\n"
        + "Examples:\n"
        + "  ostream run DelayJob.dll --parallelism 4 --checkpoint-dir ckpt --checkpointing.interval 1s --set limit=500\n"
        + "  ostream run DelayJob.dll --checkpoint-dir ckpt --resume";

    public static Command Create()
    {
        Argument<string> assembly = new("assembly") { Description = "The assembly (.dll) that has the job." };
        Option<string> job = new("--job") { Description = "The job's type, with or without namespace, where the assembly has several.", HelpName = "type" };
        Option<string[]> set = new("--set") { Description = "An argument of the job; may be repeated.", HelpName = "name=value" };
        Option<bool> json = new("--json") { Description = "Write a line of JSON on standard output at the end, for machines." };
        Option<ProgressMode> progress = new("--progress") { Description = "How progress is shown: auto, live, plain, none." };
        (JobOption Meaning, Option Option)[] options = [.. JobOptionCatalog.All.Select(o => (o, JobOptionArguments.ToOption(o)))];
        Command command = new("run", Summary) { assembly, job, set, json, progress };
        foreach ((_, Option option) in options)
        {
            command.Options.Add(option);
        }

        // What is left over goes to the reader of options, which names the nearest one.
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(async (parsed, cancel) =>
        {
            List<string> arguments = [.. JobOptionArguments.Given(parsed, options).Select(o => $"--{o.Meaning.Key}={o.Value}")];
            arguments.AddRange((parsed.GetValue(set) ?? []).Select(s => $"--set={s}"));
            arguments.AddRange(parsed.UnmatchedTokens);
            return await RunAsync(parsed.GetValue(assembly)!, parsed.GetValue(job), arguments, parsed.GetValue(progress), parsed.GetValue(json), cancel);
        });
        return command;
    }

    private static async Task<int> RunAsync(string assembly, string? job, List<string> arguments, ProgressMode progress, bool json, CancellationToken cancel)
    {
        LocalRunResult result;
        string name = job ?? Path.GetFileNameWithoutExtension(assembly);
        try
        {
            IConfiguration configuration = ProcessConfiguration.Load();
            ReadJobOptions read = new JobOptionsReader().Read(arguments, Environment.GetEnvironmentVariables(), configuration);
            Type type = JobAssembly.Load(assembly, job);
            name = read.Options.Name ?? type.Name;
            WarnWithoutInterval(read.Options);
            ConsoleRun run = new()
            {
                Name = name,
                Create = () => (IStreamJob)Activator.CreateInstance(type)!,
                Options = read.Options,
                Progress = progress,
                Configuration = configuration,
            };
            result = await run.RunAsync(cancel);
        }
        catch (OptionsException e)
        {
            Console.Error.WriteLine(e.Message);
            result = new LocalRunResult(null, null, null, TimeSpan.Zero, e);
        }

        if (json)
        {
            Console.Out.WriteLine(RunSummary.Of(name, result).ToJson());
        }

        return result.ExitCode;
    }

    private static void WarnWithoutInterval(JobOptions options)
    {
        if (options.Checkpointing is { Directory: not null, Interval: null })
        {
            Console.Error.WriteLine(
                "checkpointing.interval is not set: the only checkpoint will be the one at the end or at Ctrl-C. Give --checkpointing.interval 1s for one each second.");
        }
    }
}
