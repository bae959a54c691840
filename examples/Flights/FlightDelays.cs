namespace OrleansStream.Examples.Flights;

/// <summary>Mean and worst delay of flights per airport and hour, into files, each result exactly once.</summary>
public sealed class FlightDelays : IStreamJob
{
    /// <summary>The sample ends on the evening of 31 March 2001, 90 days after it began, so that a round follows the one before without overlap.</summary>
    private const int DaysPerRound = 90;

    /// <summary>The file that is read unless <c>input</c> names another.</summary>
    public static string Sample { get; } = Path.Combine(AppContext.BaseDirectory, "data", "flights-20k.jsonl");

    /// <inheritdoc/>
    public void Define(StreamEnvironment env)
    {
        FileSource<Flight> flights = FileSource
            .JsonLines(env.Arguments.Get("input", Sample), FlightsJson.Default.Flight)
            .Repeat(env.Arguments.Get("repeat", 1), (flight, round) => flight with { Date = flight.Date.AddDays(round * DaysPerRound) });
        if (env.Arguments.Get("rate", 0.0) is > 0 and double rate)
        {
            flights = flights.Throttle(rate);
        }

        // The lines are in order of date, so nothing is late; ten minutes are for a file that is not quite.
        env.FromSource(flights, WatermarkStrategy.BoundedOutOfOrderness<Flight>(TimeSpan.FromMinutes(10)).WithTimestamps(f => f.Date)).WithName("flights").WithUid("flights")
            .KeyBy(f => f.Origin)
            .Window(TumblingWindows.Of(TimeSpan.FromHours(1)))
            .Aggregate(new DelayStatistics(), (window, origin, sum) => new HourlyDelay(origin, window.StartTime, sum.Count, sum.Mean, sum.Worst)).WithName("delays").WithUid("delays")
            .SinkTo(FileSink.JsonLines(env.Arguments.Get("output", FlightsExample.DefaultOutput), FlightsJson.Default.HourlyDelay).ExactlyOnce()).WithName("files").WithUid("files");
    }
}
