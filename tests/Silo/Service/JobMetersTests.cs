using System.Diagnostics.Metrics;
using OrleansStream.Service;
using OrleansStream.Silo;

namespace OrleansStream.SiloTests.Service;

/// <summary>Jobs as instruments.</summary>
public sealed class JobMetersTests
{
    [Fact]
    public async Task Instruments_show_what_the_service_says_of_jobs_that_run()
    {
        await using ServiceFixture fixture = new();
        JobSubmission submission = await fixture.CountJobAsync(("set.endless", "true"), ("job.name", "metered"));
        await fixture.Service.SubmitAsync(submission);
        await Eventually.IsTrueAsync(async () => (await fixture.Service.GetMetricsAsync(submission.Id)).Operators.Any(o => o.Uid == "counts" && o.RecordsIn > 100), "100 records");
        using JobMeters meters = new(fixture.Service);
        Assert.DoesNotContain(Read(), m => m.Job == "metered");
        await meters.ReadAsync(CancellationToken.None);
        List<(string Instrument, double Value, string Job, string? Uid)> read = Read();
        Assert.Contains(read, m => m is { Instrument: "orleansstream.operator.records_in", Job: "metered", Uid: "counts", Value: > 100 });
        Assert.Contains(read, m => m is { Instrument: "orleansstream.job.attempt", Job: "metered", Value: 1 });
        Assert.Contains(read, m => m is { Instrument: "orleansstream.operator.blocked", Job: "metered", Value: >= 0 and <= 1 });
        await fixture.Service.CancelAsync(submission.Id);
        await fixture.WaitForAsync(submission.Id, JobState.Cancelled);
        await meters.ReadAsync(CancellationToken.None);
        Assert.DoesNotContain(Read(), m => m.Job == "metered");
    }

    private static List<(string Instrument, double Value, string Job, string? Uid)> Read()
    {
        List<(string, double, string, string?)> read = [];
        using MeterListener listener = new();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == JobMeters.MeterName)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> all, string name)
            {
                foreach (KeyValuePair<string, object?> tag in all)
                {
                    if (tag.Key == name)
                    {
                        return tag.Value?.ToString();
                    }
                }

                return null;
            }

            read.Add((instrument.Name, value, Tag(tags, "job")!, Tag(tags, "uid")));
        }

        listener.SetMeasurementEventCallback<int>((i, v, tags, _) => Note(i, v, tags));
        listener.SetMeasurementEventCallback<long>((i, v, tags, _) => Note(i, v, tags));
        listener.SetMeasurementEventCallback<double>((i, v, tags, _) => Note(i, v, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }
}
