namespace OrleansStream.Bench.Workloads;

/// <summary>The sizes of one run: events N, keys K, events per millisecond R, sources P.</summary>
public sealed record WorkloadParameters(Workload Job, long Events, long Keys, long Rate, int Parallelism)
{
    /// <summary>Milliseconds between two values of the event time.</summary>
    public long TimeStepMs => Job.Kind == WorkloadKind.Session ? 3 : 1;

    /// <summary>Events of one stream that share an event time.</summary>
    public long EventsPerTimeStep => Rate / Job.Streams * TimeStepMs;

    /// <summary>Events of one stream over all sources.</summary>
    public long EventsPerStream => Events / Job.Streams;

    /// <summary>The keys one source makes.</summary>
    public long KeysPerSource => Keys / Parallelism;

    /// <summary>What <see cref="Events"/> must be a multiple of.</summary>
    public long EventsUnit => (long)Parallelism * Job.Streams;

    /// <summary>The job's default sizes for this parallelism; events and keys are raised to the next multiple it asks for.</summary>
    public static WorkloadParameters Default(Workload job, int parallelism)
    {
        ArgumentNullException.ThrowIfNull(job);
        WorkloadParameters sizes = new(job, job.Events, job.Keys, job.Rate, parallelism);
        return sizes with { Events = RoundUp(job.Events, sizes.EventsUnit), Keys = RoundUp(job.Keys, parallelism) };
    }

    /// <summary>Each size that breaks a rule of the workload, with the option that sets it; empty when the run can be made.</summary>
    public IReadOnlyList<string> Problems()
    {
        List<string> problems = [];
        if (Parallelism is < 1 or > 256)
        {
            problems.Add($"--parallelism {Parallelism}: must be 1 to 256");
            return problems;
        }

        if (Events < 1 || Events % EventsUnit != 0)
        {
            problems.Add($"--n {Events}: must be a positive multiple of {EventsUnit} for {Job.Name} at parallelism {Parallelism}");
        }

        if (Keys < 1 || Keys % Parallelism != 0)
        {
            problems.Add($"--keys {Keys}: must be a positive multiple of the parallelism {Parallelism}");
        }

        if (Rate < 1 || Rate % Job.Streams != 0)
        {
            problems.Add($"--rate {Rate}: must be a positive multiple of {Job.Streams} for {Job.Name}");
        }

        return problems;
    }

    /// <summary>The smallest multiple of <paramref name="unit"/> that is not below <paramref name="value"/>.</summary>
    public static long RoundUp(long value, long unit) => (value + unit - 1) / unit * unit;
}
