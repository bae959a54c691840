using System.CommandLine;
using OrleansStream.Cli;

RootCommand root = new("OrleansStream: runs stateful dataflows written in C#.\n\nExamples:\n  ostream run DelayJob.dll --parallelism 4 --checkpoint-dir ckpt --checkpointing.interval 1s\n  ostream submit DelayJob.dll --url http://silo-1:8081 --parallelism 4");
root.Subcommands.Add(RunCommand.Create());
foreach (Command command in ClusterCommands.Create())
{
    root.Subcommands.Add(command);
}

ParseResult parsed = root.Parse(args);
if (parsed.Errors.Count > 0)
{
    WrongUse.Write(parsed, Console.Error);
    return 2;
}

// Ctrl-C stops the job with a checkpoint, which the runner does itself.
return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
