using System.CommandLine;
using System.CommandLine.Parsing;
using OrleansStream.Client;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Cli;

/// <summary>The commands that talk to a cluster: <c>submit</c>, <c>list</c>, <c>status</c>, <c>cancel</c>, <c>savepoint</c>, <c>stop</c>, <c>key</c>.</summary>
internal static class ClusterCommands
{
    private const string JobHelp = "The job: its id, the beginning of it, or its name.";

    public static IEnumerable<Command> Create() => [Submit(), List(), Status(), Cancel(), Savepoint(), Stop(), Key()];

    private static Command Submit()
    {
        Argument<string?> package = new("package")
        {
            Description = "A package (.zip), the assembly (.dll) that has the job, the id of a package that is uploaded already; nothing for a job that is built into the silos.",
            Arity = ArgumentArity.ZeroOrOne,
        };
        package.Validators.Add(RefuseOptions);
        Option<string> job = new("--job") { Description = "The job's type, with or without namespace, where the package has several.", HelpName = "type" };
        Option<string[]> set = new("--set") { Description = "An argument of the job; may be repeated.", HelpName = "name=value" };
        Option<string> id = new("--id") { Description = "The id of the submission, 32 lower-case hexadecimal digits: given again, it is the same job. Default: a random one." };
        Option<bool> wait = new("--wait") { Description = "Wait until the job has ended; exit code 1 if it failed or was cancelled." };
        Command command = new("submit", "Submits a job to a cluster.\n\nExample:\n  ostream submit bin/Release/net10.0/publish/Fraud.dll --parallelism 4 --checkpointing.interval 10s --set limit=500") { package, job, set, id, wait };
        (JobOption Meaning, Option Option)[] options = [.. JobOptionCatalog.All.Where(o => o.Key != "checkpointing.directory").Select(o => (o, JobOptionArguments.ToOption(o)))];
        command.Validators.Add(given =>
        {
            if (given.GetResult(package) is not { Tokens.Count: > 0 } && given.GetResult(job) is null)
            {
                given.AddError("<package> is missing. Give a package or an assembly, or --job for a job that is built into the silos.");
            }
        });
        foreach ((_, Option option) in options)
        {
            command.Options.Add(option);
        }

        ClusterConnection connection = new(command);
        command.SetAction((parsed, cancel) => connection.RunAsync(
            parsed,
            async (client, output) =>
            {
                Dictionary<string, string> given = new(StringComparer.Ordinal);
                foreach ((JobOption meaning, string value) in JobOptionArguments.Given(parsed, options))
                {
                    given[meaning.Key] = value;
                }

                foreach (string argument in parsed.GetValue(set) ?? [])
                {
                    int equals = argument.IndexOf('=', StringComparison.Ordinal);
                    given[equals > 0 ? $"set.{argument[..equals]}" : throw new OptionsException($"--set {argument}: give it as --set name=value")] = argument[(equals + 1)..];
                }

                string? path = parsed.GetValue(package);
                string? packageId = path is null || PackageStore.IsId(path) ? path : (await client.UploadAsync(path, cancel)).Id;
                JobSubmission submission = new() { Id = parsed.GetValue(id) ?? Guid.NewGuid().ToString("N"), Package = packageId, Job = parsed.GetValue(job), Options = given };
                StreamJob submitted = await client.SubmitAsync(submission, cancel);
                JobInfo info = parsed.GetValue(wait) ? await submitted.WaitAsync(cancel) : (await submitted.GetAsync(cancel)).Job;
                output.Job(info);
                return parsed.GetValue(wait) && info.State is JobState.Failed or JobState.Cancelled ? 1 : 0;
            },
            cancel));
        return command;
    }

    private static Command List()
    {
        Command command = new("list", "Lists the jobs of a cluster, the newest first.\n\nExample:\n  ostream list --url http://silo-1:8081 --json");
        ClusterConnection connection = new(command);
        command.SetAction((parsed, cancel) => connection.RunAsync(
            parsed,
            async (client, output) =>
            {
                output.Jobs(await client.ListAsync(cancel));
                return 0;
            },
            cancel));
        return command;
    }

    private static Command Status() => OfJob(
        new Command("status", "Shows a job: its operators, its last checkpoints, why it failed.\n\nExample:\n  ostream status FraudJob"),
        async (job, _, output, cancel) =>
        {
            output.Details(await job.GetAsync(cancel), await job.GetCheckpointsAsync(cancel), await job.GetFailuresAsync(cancel));
            return 0;
        });

    private static Command Cancel() => OfJob(
        new Command("cancel", "Ends a job without a checkpoint, and waits for the end.\n\nExample:\n  ostream cancel FraudJob"),
        async (job, _, output, cancel) =>
        {
            output.Job(await job.CancelAsync(cancel));
            return 0;
        });

    private static Command Savepoint()
    {
        Option<string> folder = Folder();
        Command command = new("savepoint", "Takes a savepoint of a job, which goes on.\n\nExample:\n  ostream savepoint FraudJob --folder before-upgrade") { folder };
        return OfJob(command, async (job, parsed, output, cancel) =>
        {
            output.Savepoint(await job.SavepointAsync(parsed.GetValue(folder), cancel));
            return 0;
        });
    }

    private static Command Stop()
    {
        Option<string> folder = Folder();
        Option<bool> drain = new("--drain") { Description = "Send the final watermark first, so that all windows fire. Only for a job that will not go on." };
        Command command = new("stop", "Takes a savepoint of a job and ends the job with it.\n\nExample:\n  ostream stop FraudJob --drain") { folder, drain };
        return OfJob(command, async (job, parsed, output, cancel) =>
        {
            output.Savepoint(await job.StopWithSavepointAsync(parsed.GetValue(folder), parsed.GetValue(drain), cancel));
            return 0;
        });
    }

    private static Command Key()
    {
        KeyCommand key = new();
        return OfJob(key.Create(), async (job, parsed, output, cancel) =>
        {
            KeyCall call = key.Read(parsed);
            output.Key(call, await job.CallKeyAsync(call, cancel));
            return 0;
        });
    }

    // Else an option that is mistyped would be taken for a name.
    private static void RefuseOptions(ArgumentResult result)
    {
        if (result.Tokens.FirstOrDefault(t => t.Value.StartsWith('-')) is { } option)
        {
            result.AddError($"There is no option '{option.Value}'.");
        }
    }

    private static Option<string> Folder() => new("--folder") { Description = "A folder below savepoints/ of the cluster's checkpoint directory, empty so far. Default: one of its own.", HelpName = "name" };

    private static Command OfJob(Command command, Func<StreamJob, ParseResult, ClusterOutput, CancellationToken, Task<int>> action)
    {
        Argument<string> job = new("job") { Description = JobHelp };
        job.Validators.Add(RefuseOptions);
        command.Arguments.Insert(0, job);
        ClusterConnection connection = new(command);
        command.SetAction((parsed, cancel) => connection.RunAsync(
            parsed, async (client, output) => await action(client.Job(await FindAsync(client, parsed.GetValue(job)!, cancel)), parsed, output, cancel), cancel));
        return command;
    }

    // People know names; the newest that runs is meant, else the newest.
    private static async Task<string> FindAsync(StreamClient client, string typed, CancellationToken cancel)
    {
        const int ShortestPrefix = 4;
        IReadOnlyList<JobInfo> jobs = await client.ListAsync(cancel);
        if (jobs.FirstOrDefault(j => j.Id == typed) is { } exact)
        {
            return exact.Id;
        }

        if ((jobs.FirstOrDefault(j => j.Name == typed && !j.HasEnded) ?? jobs.FirstOrDefault(j => j.Name == typed)) is { } named)
        {
            return named.Id;
        }

        JobInfo[] begin = [.. jobs.Where(j => typed.Length >= ShortestPrefix && j.Id.StartsWith(typed, StringComparison.Ordinal))];
        return begin switch
        {
            [var one] => one.Id,
            [] => throw new JobServiceException(JobServiceError.JobNotFound, jobs.Count == 0
                ? $"There is no job '{typed}': the cluster has none."
                : $"There is no job '{typed}'. The nearest is {Nearest(typed, jobs)}; 'ostream list' shows all."),
            _ => throw new OptionsException($"'{typed}' is the beginning of {begin.Length} jobs: {string.Join(", ", begin.Select(j => j.Id))}. Give more of it."),
        };
    }

    private static string Nearest(string typed, IReadOnlyList<JobInfo> jobs) => NearestName.Find(typed, jobs.Select(j => j.Name));
}
