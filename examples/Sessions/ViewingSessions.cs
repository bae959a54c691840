using OrleansStream.Hosting;

namespace OrleansStream.Examples.Sessions;

/// <summary>Viewing sessions of users: a session ends when the user pauses for <c>gap</c> minutes.</summary>
public sealed class ViewingSessions : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        ArgumentNullException.ThrowIfNull(env);
        env.FromSource(
                GeneratorSource.Of(View.Of, env.Arguments.Get("count", 20_000)),
                WatermarkStrategy.BoundedOutOfOrderness<View>(TimeSpan.FromMinutes(1)).WithTimestamps(view => view.Time)).WithUid("views")
            .KeyBy(view => view.User)
            .Window(SessionWindows.WithGap(TimeSpan.FromMinutes(env.Arguments.Get("gap", 30))))
            .Process(new Summary()).WithUid("sessions")
            .SinkTo(FileSink.JsonLines(env.Arguments.Get("output", "out/sessions"), SessionsJson.Default.Viewing).ExactlyOnce()).WithUid("files");
    }

    private sealed class Summary : WindowFunction<string, View, Viewing>
    {
        public override void Process(WindowContext<string> context, IReadOnlyList<View> records, Output<Viewing> output) => output.Emit(new Viewing(
            context.Key, context.Window.StartTime, DateTimeOffset.FromUnixTimeMilliseconds(records.Max(view => view.Time)), records.Count,
            records.Select(view => view.Title).Distinct().Count()));
    }
}
