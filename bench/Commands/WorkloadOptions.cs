using System.Globalization;
using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Commands;

/// <summary>The command line of <c>workloads</c> and <c>check</c>. A size that is null was not given.</summary>
public sealed record WorkloadOptions(
    IReadOnlyList<Workload> Jobs, IReadOnlyList<IWorkloadEngine> Engines, int Parallelism, long? Events, long? Keys, long? Rate, int Runs)
{
    /// <summary>One line per command.</summary>
    public static string Usage { get; } =
        $"""
        usage: bench/run workloads [--job J|all] [--parallelism P] [--n N] [--keys K] [--rate R] [--runs R] [--engine E|all]
               bench/run check     [--job J|all] [--engine E|all]
               bench/run checkpoints [--parallelism P] [--runs R] [--seconds S] [--keys K] [--interval-ms I]
               bench/run latency   [--job stateless|keyed-sum|all] [--parallelism P] [--share S] [--seconds S] [--keys K] [--runs R]
               J: {Names(Workload.All.Select(w => w.Name))}
               E: {Names(WorkloadEngines.All.Select(e => e.Name))}
        """;

    /// <summary>Reads the options; of those not in <paramref name="allowed"/> none may be given. Null with the problem when one is wrong.</summary>
    public static WorkloadOptions? Parse(IReadOnlyList<string> args, IReadOnlyList<string> allowed, out string problem)
    {
        ArgumentNullException.ThrowIfNull(args);
        WorkloadOptions options = new(Workload.All, WorkloadEngines.All, 2, null, null, null, 3);
        for (int i = 0; i < args.Count; i += 2)
        {
            string name = args[i];
            if (!allowed.Contains(name))
            {
                problem = $"unknown option '{name}'; valid options: {string.Join(", ", allowed)}";
                return null;
            }

            if (i + 1 == args.Count)
            {
                problem = $"option {name} needs a value; valid: {Valid(name)}";
                return null;
            }

            if (options.With(name, args[i + 1]) is not { } changed)
            {
                problem = $"option {name}: '{args[i + 1]}' is not valid; valid: {Valid(name)}";
                return null;
            }

            options = changed;
        }

        List<string> problems = [.. options.Jobs.SelectMany(job => options.Sizes(job).Problems()).Distinct()];
        problem = string.Join(Environment.NewLine, problems);
        return problems.Count == 0 ? options : null;
    }

    /// <summary>The job's default sizes where nothing else was given.</summary>
    public WorkloadParameters Sizes(Workload job)
    {
        WorkloadParameters sizes = WorkloadParameters.Default(job, Math.Max(1, Parallelism));
        return sizes with
        {
            Parallelism = Parallelism,
            Events = Events ?? sizes.Events,
            Keys = Keys ?? sizes.Keys,
            Rate = Rate ?? sizes.Rate,
        };
    }

    private static string Valid(string name) => name switch
    {
        "--job" => Names(Workload.All.Select(w => w.Name)),
        "--engine" => Names(WorkloadEngines.All.Select(e => e.Name)),
        "--parallelism" => "1 to 256",
        _ => "a positive number",
    };

    private static string Names(IEnumerable<string> names) => string.Join(", ", names.Append("all"));

    private static long? Number(string value) =>
        long.TryParse(value.Replace("_", "", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out long n) && n > 0
            ? n
            : null;

    private WorkloadOptions? With(string name, string value)
    {
        switch (name)
        {
            case "--job" when value == "all":
                return this with { Jobs = Workload.All };
            case "--job":
                return Workload.Find(value) is { } job ? this with { Jobs = [job] } : null;
            case "--engine" when value == "all":
                return this with { Engines = WorkloadEngines.All };
            case "--engine":
                return WorkloadEngines.All.FirstOrDefault(e => e.Name == value) is { } engine ? this with { Engines = [engine] } : null;
        }

        if (Number(value) is not { } number)
        {
            return null;
        }

        return name switch
        {
            "--parallelism" => number <= 256 ? this with { Parallelism = (int)number } : null,
            "--runs" => number <= 1000 ? this with { Runs = (int)number } : null,
            "--n" => this with { Events = number },
            "--keys" => this with { Keys = number },
            _ => this with { Rate = number },
        };
    }
}
