using System.Globalization;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Commands;

/// <summary><c>check</c>: runs each job at the size whose answer is known and compares.</summary>
public static class CheckCommand
{
    /// <summary>Prints ok or WRONG per engine and job; the exit code is 1 when one was wrong.</summary>
    public static int Run(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (WorkloadOptions.Parse(args, ["--job", "--engine"], out string problem) is not { } options)
        {
            error.WriteLine(problem);
            return 2;
        }

        bool wrong = false;
        foreach (IWorkloadEngine engine in options.Engines)
        {
            foreach (Workload job in options.Jobs.Where(engine.Supports))
            {
                KnownAnswer known = KnownAnswer.Of(job);
                WorkloadResult result = engine.Run(KnownAnswer.Sizes(job));
                bool ok = result.Count == known.Count && result.Sum == known.Sum;
                wrong |= !ok;
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"engine={engine.Name} job={job.Name} {(ok ? "ok" : "WRONG")} count={result.Count} sum=0x{result.Sum:x16}")
                    + (ok ? "" : string.Create(CultureInfo.InvariantCulture, $" expected count={known.Count} sum=0x{known.Sum:x16}")));
            }
        }

        return wrong ? 1 : 0;
    }
}
