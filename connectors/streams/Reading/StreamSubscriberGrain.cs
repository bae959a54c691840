using Microsoft.Extensions.Hosting;
using Orleans;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Streams;
using Orleans.Streams.Core;

namespace OrleansStream.Connectors.Streams.Reading;

/// <summary>What is subscribed to a stream for a reader; the key is that of its feed.</summary>
internal interface IStreamSubscriberGrain : IGrainWithGuidKey
{
    /// <summary>Subscribes.</summary>
    Task OpenAsync();

    /// <summary>Gives the subscription up and ends.</summary>
    Task CloseAsync();
}

/// <summary>
/// A grain of its own per reader and stream, so that a stream that is held back holds back no other. On the reader's silo, and as short-lived as the reader: when the activation goes, the reader fails and the next attempt
/// subscribes anew. One that comes to life later, on account of a subscription that a lost silo left, ends the subscription, but not at once: see <see cref="StreamSourceOptions.Linger"/>.
/// </summary>
[Immovable]
[KeepAlive]
[PreferLocalPlacement]
[Reentrant]
internal sealed class StreamSubscriberGrain(IHostApplicationLifetime silo) : Grain, IStreamSubscriberGrain, IStreamSubscriptionObserver
{
    // Less than the time that a provider waits for a delivery (ResponseTimeout, 30 s).
    private static readonly TimeSpan s_hold = TimeSpan.FromSeconds(20);

    private StreamFeed? _feed;

    public Task OpenAsync()
    {
        _feed = StreamFeed.Find(this.GetPrimaryKey()) ?? throw new InvalidOperationException("The reader is not on the silo of its subscription, or has ended.");
        return _feed.SubscribeAsync(this.GetStreamProvider(_feed.Provider));
    }

    public async Task CloseAsync()
    {
        if (_feed is { } feed)
        {
            _feed = null;
            await feed.UnsubscribeAsync();
        }

        DeactivateOnIdle();
    }

    public async Task OnSubscribed(IStreamSubscriptionHandleFactory handleFactory)
    {
        if (_feed is null)
        {
            // Nothing more is delivered to it meanwhile, which would only be thrown away.
            await Task.Delay(s_hold, silo.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (silo.ApplicationStopping.IsCancellationRequested)
            {
                return;
            }

            await handleFactory.Create<object>().UnsubscribeAsync();
            DeactivateOnIdle();
        }
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _feed?.Fail("the subscription to", new InvalidOperationException($"its activation ended ({reason.ReasonCode}: {reason.Description})"));
        return Task.CompletedTask;
    }
}
