namespace OrleansStream.Bench.Workloads;

/// <summary>A workload as a user would write it.</summary>
/// <param name="workload">The workload and its sizes.</param>
/// <param name="source">Makes the source of stream 0 or 1.</param>
/// <param name="sink">Takes the results.</param>
public sealed class WorkloadJob(WorkloadParameters workload, Func<int, ISource<WorkloadEvent>> source, ISink<WorkloadOutput> sink) : IStreamJob
{
    private long _fold;

    /// <summary>The workload at full speed, with its checksum.</summary>
    public WorkloadJob(WorkloadParameters workload, WorkloadTally tally) : this(workload, stream => new WorkloadSource(workload, tally, stream), new WorkloadSink(tally))
    {
    }

    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        ArgumentNullException.ThrowIfNull(env);
        WatermarkStrategy<WorkloadEvent> watermarks = WatermarkStrategy.Monotonous<WorkloadEvent>();
        if (workload.Job.Kind == WorkloadKind.Session)
        {
            // Sessions that have ended wait for the slowest source: many, when that is far behind.
            watermarks = watermarks.WithAlignment("events", TimeSpan.FromMilliseconds(workload.Job.SizeMs / 4));
        }

        DataStream<WorkloadEvent> events = env.FromSource(source(0), watermarks);
        switch (workload.Job.Kind)
        {
            case WorkloadKind.Stateless:
                events.Map(e => new WorkloadOutput(e.Key, e.Time, (e.Value * 3) + 1))
                      .Filter(o => (o.C & 1) == 0)
                      .SinkTo(sink);
                break;
            case WorkloadKind.KeyedSum:
                events.KeyBy(e => e.Key)
                      .Aggregate(default(SumOfValues), (key, sum) => new WorkloadOutput(key, sum, 0))
                      .SinkTo(sink);
                break;
            case WorkloadKind.WindowCount:
                events.KeyBy(e => e.Key)
                      .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(workload.Job.SizeMs)))
                      .Aggregate(default(CountOfEvents), (window, key, count) => new WorkloadOutput(key, window.End, count))
                      .SinkTo(sink);
                break;
            case WorkloadKind.WindowSum:
                events.KeyBy(e => e.Key)
                      .Window(SlidingWindows.Of(TimeSpan.FromMilliseconds(workload.Job.SizeMs), TimeSpan.FromMilliseconds(workload.Job.SlideMs)))
                      .Aggregate(default(SumOfValues), (window, key, sum) => new WorkloadOutput(key, window.End, sum))
                      .SinkTo(sink);
                break;
            case WorkloadKind.Session:
                events.KeyBy(e => e.Key)
                      .Window(SessionWindows.WithGap(TimeSpan.FromMilliseconds(workload.Job.SizeMs)))
                      .Aggregate(default(CountOfEvents), (window, key, count) => new WorkloadOutput(key, window.End, count))
                      .SinkTo(sink);
                break;
            case WorkloadKind.Join:
                events.Join(env.FromSource(source(1), WatermarkStrategy.Monotonous<WorkloadEvent>()))
                      .On(e => e.Key, e => e.Key)
                      .Window(TumblingWindows.Of(TimeSpan.FromMilliseconds(workload.Job.SizeMs)))
                      .CoGroup<WorkloadOutput>(MakePairs)
                      .SinkTo(sink);
                break;
            default:
                throw new NotSupportedException($"The workload {workload.Job.Name} is not one of those that there are.");
        }
    }

    // Each pair is made, as the workload asks: both values are looked at.
    private void MakePairs(
        WindowContext<long> context, IReadOnlyList<WorkloadEvent> first, IReadOnlyList<WorkloadEvent> second, Output<WorkloadOutput> output)
    {
        long pairs = 0;
        long fold = _fold;
        for (int i = 0; i < first.Count; i++)
        {
            long value = first[i].Value;
            for (int j = 0; j < second.Count; j++)
            {
                fold = (fold * 31) + (value ^ second[j].Value);
                pairs++;
            }
        }

        _fold = fold;
        if (pairs > 0)
        {
            output.Emit(new WorkloadOutput(context.Key, context.Window.End, pairs));
        }
    }

    private readonly struct SumOfValues : IAggregate<WorkloadEvent, long, long>
    {
        public long Create() => 0;

        public void Add(ref long accumulator, in WorkloadEvent value) => accumulator += value.Value;

        public long Result(in long accumulator) => accumulator;

        public void Merge(ref long into, in long from) => into += from;
    }

    private readonly struct CountOfEvents : IAggregate<WorkloadEvent, long, long>
    {
        public long Create() => 0;

        public void Add(ref long accumulator, in WorkloadEvent value) => accumulator++;

        public long Result(in long accumulator) => accumulator;

        public void Merge(ref long into, in long from) => into += from;
    }
}

/// <summary>A record of the workloads' sinks.</summary>
/// <param name="A">The key.</param>
/// <param name="B">A time or a sum.</param>
/// <param name="C">A value or a count.</param>
public readonly record struct WorkloadOutput(long A, long B, long C);
