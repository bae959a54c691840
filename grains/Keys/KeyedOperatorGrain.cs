using Orleans.Concurrency;
using Orleans.Placement;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <inheritdoc cref="IKeyedOperatorGrain"/>
[Immovable]
[Reentrant]
[KeyPlacement]
internal sealed class KeyedOperatorGrain(KeyCourier courier) : Grain, IKeyedOperatorGrain
{
    private static readonly TimeSpan s_longestWait = TimeSpan.FromMinutes(1);
    private readonly PendingKeys _pending = new();

    public async Task<KeyReply?> SendAsync(KeyRequest request, TimeSpan wait, int? attempt)
    {
        string text = this.GetPrimaryKeyString();
        if (KeyAddress.TryParse(text) is not { } address || address.Uid != request.Operator || address.KeyHash != request.KeyHash)
        {
            return new KeyReply(KeyStatus.Refused, $"'{text}' is not the key's address. That is job/operator/hash: the id of the submission, the operator's uid, the key's hash in 16 hexadecimal digits.");
        }

        if (attempt is { } meant)
        {
            await RequireAttemptAsync(address, meant);
        }

        Task<KeyReply> sent = _pending.GetOrSend(request.Id, () => courier.SendAsync(address, request));
        await ((Task)sent).WaitAsync(wait < s_longestWait ? wait : s_longestWait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!sent.IsCompleted)
        {
            return null;
        }

        KeyReply reply = await sent;
        if (reply.Node is not null && _pending.Count == 0)
        {
            // To where the slot table has the key now. Deactivation alone would not do: a silo that has the old place in its cache makes it there again.
            MigrateOnIdle();
        }

        return reply;
    }

    private async Task RequireAttemptAsync(KeyAddress address, int attempt)
    {
        if (await GrainFactory.GetGrain<IJobGrain>(address.Job).FindKeyAsync(address.Uid, address.KeyHash) is { Silo: { } silo } place && place.Attempt != attempt)
        {
            throw new SubtaskRefusedException($"Operator '{address.Uid}' of job '{address.Job}' has the key on silo {silo} at attempt {place.Attempt}, not at attempt {attempt}.", silo, place.Attempt);
        }
    }
}
