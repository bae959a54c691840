using Microsoft.Extensions.Options;
using Orleans.Runtime;
using OrleansStream.Hosting;

namespace OrleansStream.Grains;

/// <summary>
/// Brings requests to the subtasks that own their keys, from this silo to any: what this silo knows comes first; when that was not the truth, or is not any more, the master says where the key is. A delivery names
/// the attempt, and a task host that has another one refuses. Any thread.
/// </summary>
internal sealed class KeyCourier(SiloNode node, TaskHostClient hosts, IGrainFactory grains, IOptions<OrleansStreamSiloOptions> options)
{
    private static readonly TimeSpan s_masterPatience = TimeSpan.FromSeconds(5);

    /// <summary>Sends a request until it is answered, or there has been no answer to be had for as long as the silo is patient.</summary>
    /// <exception cref="JobRefusedException">The job is not known, or has ended.</exception>
    public Task<KeyReply> SendAsync(KeyAddress address, KeyRequest request)
    {
        bool isFirst = true;
        return KeyRepetition.SendAsync(
            async () =>
            {
                KeyReply here = isFirst ? await node.DeliverAsync(address.Job, request, null).ConfigureAwait(false) : new KeyReply(KeyStatus.NotRunning);
                isFirst = false;
                return here switch
                {
                    { Status: KeyStatus.Elsewhere, Node: { } silo } => await ForwardAsync(address.Job, request, silo, here.Attempt).ConfigureAwait(false),
                    { Status: KeyStatus.NotRunning, Attempt: 0 } => await AskMasterAsync(address, request).ConfigureAwait(false),
                    _ => here,
                };
            },
            options.Value.KeyPatience, CancellationToken.None);
    }

    private async Task<KeyReply> AskMasterAsync(KeyAddress address, KeyRequest request)
    {
        KeyPlace? place;
        try
        {
            place = await grains.GetGrain<IJobGrain>(address.Job).FindKeyAsync(address.Uid, address.KeyHash).WaitAsync(s_masterPatience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return new KeyReply(KeyStatus.NotRunning, $"the master of the job does not answer: {e.Message}");
        }

        return place switch
        {
            null => new KeyReply(KeyStatus.NotRunning, "the job is being deployed."),
            { Silo: null } => new KeyReply(KeyStatus.Refused, $"the job has no operator of that uid; it has {string.Join(", ", place.Operators.Select(o => $"'{o}'"))}."),
            _ => await ForwardAsync(address.Job, request, place.Silo, place.Attempt).ConfigureAwait(false),
        };
    }

    private async Task<KeyReply> ForwardAsync(string job, KeyRequest request, string silo, int attempt)
    {
        if (silo == node.Name)
        {
            return await node.DeliverAsync(job, request, attempt).ConfigureAwait(false);
        }

        if (node.Silos.IsDead(silo))
        {
            return new KeyReply(KeyStatus.NotRunning, $"silo {silo}, which had the key, is lost, and the job has not restarted yet.") { Node = silo };
        }

        try
        {
            return await hosts.At(SiloAddress.FromParsableString(silo)).KeyAsync(job, attempt, request).ConfigureAwait(false) with { Node = silo };
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            return new KeyReply(KeyStatus.NotRunning, $"silo {silo}, which has the key, does not answer: {e.Message}") { Node = silo };
        }
    }
}
