using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>
/// Jobs as instruments of <see cref="System.Diagnostics.Metrics"/>, meter <c>OrleansStream</c>. What is asked of the service now and then is what the instruments show, so that reading them costs nothing.
/// </summary>
internal sealed class JobMeters : BackgroundService
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "OrleansStream";

    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(5);
    private readonly IJobService _service;
    private readonly Meter _meter = new(MeterName);
    private volatile JobReading[] _readings = [];

    public JobMeters(IJobService service)
    {
        _service = service;
        _meter.CreateObservableGauge("orleansstream.job.state", () => _readings.Select(r => new Measurement<int>(1, Tag("job", r.Job.Name), Tag("state", r.Job.State.ToString()))), description: "1 for the state that a job is in.");
        _meter.CreateObservableGauge("orleansstream.job.attempt", () => _readings.Select(r => new Measurement<int>(r.Job.Attempt, Tag("job", r.Job.Name))), description: "The current attempt.");
        Counter("orleansstream.operator.records_in", o => o.RecordsIn, "Records taken in this attempt.");
        Counter("orleansstream.operator.records_out", o => o.RecordsOut, "Records emitted in this attempt.");
        Counter("orleansstream.operator.late_dropped", o => o.LateDropped, "Late records dropped in this attempt.");
        Counter("orleansstream.operator.bad_records", o => o.BadRecords, "Input that could not be read and was left out in this attempt.");
        Gauge("orleansstream.operator.busy", o => o.BusyShare, "The share of time that went into work.");
        Gauge("orleansstream.operator.blocked", o => o.BlockedShare, "The share of time in which output was blocked: backpressure.");
        Gauge("orleansstream.operator.hottest_key_share", o => o.HotKeys is [var hottest, ..] ? hottest.Share : 0, "The share of recent records that have the most frequent key, 0 if none stands out; the job's metrics over REST name it.");
        Gauge("orleansstream.operator.queued", o => o.QueuedElements, "Elements that wait in front of the chain.");
    }

    public override void Dispose()
    {
        _meter.Dispose();
        base.Dispose();
    }

    /// <summary>Asks the service.</summary>
    public async Task ReadAsync(CancellationToken cancel)
    {
        List<JobReading> readings = [];
        foreach (JobInfo job in (await _service.ListAsync(cancel).ConfigureAwait(false)).Where(j => !j.HasEnded))
        {
            try
            {
                readings.Add(new JobReading(job, (await _service.GetMetricsAsync(job.Id, cancel).ConfigureAwait(false)).Operators));
            }
            catch (JobServiceException)
            {
                // It ended meanwhile.
            }
        }

        _readings = [.. readings];
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using PeriodicTimer timer = new(s_period);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            try
            {
                await ReadAsync(stoppingToken).ConfigureAwait(false);
            }
            catch (JobServiceException)
            {
                _readings = []; // The service does not answer; no number is better than an old one.
            }
        }
    }

    private static KeyValuePair<string, object?> Tag(string name, object? value) => new(name, value);

    private void Counter(string name, Func<OperatorInfo, long> get, string description) => _meter.CreateObservableCounter(name, () => Measure(get), description: description);

    private void Gauge(string name, Func<OperatorInfo, double> get, string description) => _meter.CreateObservableGauge(name, () => Measure(get), description: description);

    private IEnumerable<Measurement<T>> Measure<T>(Func<OperatorInfo, T> get) where T : struct =>
        from reading in _readings
        from op in reading.Operators
        select new Measurement<T>(get(op), Tag("job", reading.Job.Name), Tag("operator", op.Name), Tag("uid", op.Uid));

    private sealed record JobReading(JobInfo Job, IReadOnlyList<OperatorInfo> Operators);
}
