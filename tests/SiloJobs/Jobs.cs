using OrleansStream;
using OrleansStream.State;

namespace SampleJobs;

/// <summary>A key, so that the hash of keys is generated for a type of the package.</summary>
public sealed record Sensor(string Site, int Number);

/// <summary>A record.</summary>
public sealed record Sample(Sensor Sensor, DateTimeOffset Time, double Value);

/// <summary>State, so that its serializer is generated for a type of the package.</summary>
public sealed record Summary(long Count, double Sum, DateTimeOffset Last);

/// <summary>What comes out.</summary>
public sealed record Line(string Site, int Number, long Count, double Sum);

/// <summary>Samples by sensor, made of numbers.</summary>
public static class Samples
{
    /// <summary>The sample of a number.</summary>
    public static Sample Make(long number) =>
        new(new Sensor($"site {number % 3}", (int)(number % 7)), DateTimeOffset.UnixEpoch.AddSeconds(number), number % 10);
}

/// <summary>Counts by sensor, with state, timers and files.</summary>
public sealed class Counting : KeyedProcessFunction<Sensor, Sample, Line>
{
    private ValueState<Summary> _summary = null!;

    /// <inheritdoc/>
    public override void Open(OpenContext context) => _summary = context.State.Value<Summary>("summary");

    /// <inheritdoc/>
    public override void Process(in Sample value, KeyedContext<Sensor> context, Output<Line> output)
    {
        Summary before = _summary.TryGet(out Summary? known) ? known : new Summary(0, 0, DateTimeOffset.UnixEpoch);
        Summary after = new(before.Count + 1, before.Sum + value.Value, value.Time);
        _summary.Set(after);
        output.Emit(new Line(context.Key.Site, context.Key.Number, after.Count, after.Sum));
    }
}

/// <summary>Ends by itself, or with <c>set.endless=true</c> runs until it is ended.</summary>
public sealed class CountJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                (env.Arguments.Get("endless", false) ? GeneratorSource.Unbounded(Samples.Make) : GeneratorSource.Of(Samples.Make, env.Arguments.Get("count", 5000)))
                    .Throttle(env.Arguments.Get("rate", 20_000.0)),
                WatermarkStrategy.BoundedOutOfOrderness<Sample>(TimeSpan.FromSeconds(5)).WithTimestamps(s => s.Time)).WithUid("samples")
            .KeyBy(s => s.Sensor)
            .Process(new Counting()).WithUid("counts")
            .SinkTo(FileSink.Csv<Line>(env.Arguments.Get("output", "out")).ExactlyOnce()).WithUid("files");
}

/// <summary>Adds to the count of a sensor.</summary>
public sealed record Correction(long Count, string? Reason);

/// <summary>Counts by sensor in an object per sensor, which can be corrected.</summary>
public sealed class Ledger : KeyGrain<Sensor, Sample, Line>
{
    private ValueState<Summary> _summary = null!;

    /// <inheritdoc/>
    public override void Open(OpenContext context) => _summary = context.State.Value<Summary>("summary");

    /// <inheritdoc/>
    public override ValueTask ProcessAsync(IReadOnlyList<Sample> batch, Output<Line> output, CancellationToken cancel)
    {
        Summary before = Now();
        _summary.Set(new Summary(before.Count + batch.Count, before.Sum + batch.Sum(s => s.Value), batch.Select(s => s.Time).Append(before.Last).Max()));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask OnTellAsync(object message, Output<Line> output, CancellationToken cancel)
    {
        Correction correction = (Correction)message;
        Summary before = Now();
        _summary.Set(correction.Count >= 0 ? before with { Count = before.Count + correction.Count } : throw new InvalidOperationException("a correction takes nothing away"));
        return ValueTask.CompletedTask;
    }

    private Summary Now() => _summary.TryGet(out Summary? known) ? known : new Summary(0, 0, DateTimeOffset.UnixEpoch);
}

/// <summary>Counts the first 210 samples, 10 of each sensor, and goes on without counting, with an object per sensor.</summary>
public sealed class LedgerJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) =>
        env.FromSource(
                GeneratorSource.Unbounded(Samples.Make).Throttle(env.Arguments.Get("rate", 1000.0)),
                WatermarkStrategy.BoundedOutOfOrderness<Sample>(TimeSpan.FromSeconds(5)).WithTimestamps(s => s.Time)).WithUid("samples")
            .Filter(s => s.Time < DateTimeOffset.UnixEpoch.AddSeconds(210)).WithUid("first")
            .KeyBy(s => s.Sensor)
            .ProcessGrain(() => new Ledger()).Accepts<Correction>().WithUid("ledgers")
            .Filter(_ => false).WithUid("none")
            .Print().WithUid("print");
}

/// <summary>Fails at a record.</summary>
public sealed class FailingJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) =>
        env.FromSource(GeneratorSource.Of(Samples.Make, 1000), WatermarkStrategy.None<Sample>()).WithUid("samples")
            .Map(s => s.Time == DateTimeOffset.UnixEpoch.AddSeconds(500) ? throw new InvalidOperationException("sample 500 is broken") : s)
            .Print();
}

/// <summary>Defines nothing that could run.</summary>
public sealed class EmptyJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
    }
}
