using System.Diagnostics;
using Orleans.Runtime;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <summary>Keys of jobs for code that runs in a silo, or talks to one as an Orleans client.</summary>
public static class KeyGrainFactoryExtensions
{
    /// <summary>A key of a job: asks for its state, tells its keyed grain. Nothing is sent by this call.</summary>
    /// <typeparam name="TKey">The type of the operator's keys.</typeparam>
    /// <param name="grains">The factory of the silo or client.</param>
    /// <param name="job">The id of the job's submission.</param>
    /// <param name="operatorUid">The uid of the operator, as given with <c>WithUid</c>.</param>
    /// <param name="key">The key.</param>
    public static KeyHandle<TKey> Key<TKey>(this IGrainFactory grains, string job, string operatorUid, TKey key)
    {
        ArgumentNullException.ThrowIfNull(grains);
        ArgumentException.ThrowIfNullOrWhiteSpace(job);
        return new KeyHandle<TKey>(new GrainKeys(grains, job), operatorUid, key);
    }
}

/// <summary>Requests to keys by way of their grains.</summary>
internal sealed class GrainKeys(IGrainFactory grains, string job) : IKeyGateway
{
    // Short of what a call may take, and long beside what it costs.
    private static readonly TimeSpan s_wait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    public async ValueTask<string> FindJobNameAsync(CancellationToken cancel) => (await grains.GetGrain<IJobGrain>(job).GetReportAsync().WaitAsync(cancel).ConfigureAwait(false)).Spec.Name;

    public async Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel)
    {
        IKeyedOperatorGrain front = grains.GetGrain<IKeyedOperatorGrain>(new KeyAddress(job, request.Operator, request.KeyHash).ToString());
        if (request.Id == Guid.Empty)
        {
            // So that the next call waits on, and does not ask anew.
            request = request with { Id = Guid.NewGuid() };
        }

        long? lost = null;
        while (true)
        {
            try
            {
                if (await front.SendAsync(request, s_wait).WaitAsync(cancel).ConfigureAwait(false) is { } reply)
                {
                    return reply;
                }

                lost = null;
            }
            catch (Exception e) when (e is OrleansException or TimeoutException && Stopwatch.GetElapsedTime(lost ??= Stopwatch.GetTimestamp()) < s_patience)
            {
                // The silo of the front was lost, perhaps: the next call finds or makes another one.
                await Task.Delay(s_pause, cancel).ConfigureAwait(false);
            }
        }
    }
}
