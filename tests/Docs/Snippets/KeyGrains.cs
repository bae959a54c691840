using OrleansStream.Client;
using OrleansStream.Hosting;
using OrleansStream.State;

namespace OrleansStream.Docs.KeyGrains;

public sealed record Payment(string Account, decimal Amount);

public sealed record Alert(string Account, string Reason);

public sealed record Freeze(string Reason);

public sealed record Balance(decimal Total, string? Frozen);

public interface IRiskService
{
    Task<double> ScoreAsync(string account, decimal total, CancellationToken cancel);
}

#region key-grain
public sealed class Account : KeyGrain<string, Payment, Alert>
{
    private ValueState<Balance> _balance = null!;
    private IRiskService _risk = null!;

    public override void Open(OpenContext context)
    {
        _balance = context.State.Value<Balance>("balance");
        _risk = (IRiskService)context.Services.GetService(typeof(IRiskService))!;
    }

    public override async ValueTask ProcessAsync(IReadOnlyList<Payment> batch, Output<Alert> output, CancellationToken cancel)
    {
        Balance balance = _balance.TryGet(out Balance? stored) ? stored : new Balance(0, null);
        foreach (Payment payment in batch)
        {
            balance = balance with { Total = balance.Total + payment.Amount };
            if (balance.Frozen is not null)
            {
                output.Emit(new Alert(Key, $"payment on a frozen account: {balance.Frozen}"));
            }
        }

        if (await _risk.ScoreAsync(Key, balance.Total, cancel) > 0.9)
        {
            output.Emit(new Alert(Key, "risk"));
        }

        _balance.Set(balance);
    }

    public override ValueTask OnTellAsync(object message, Output<Alert> output, CancellationToken cancel)
    {
        Balance balance = _balance.TryGet(out Balance? stored) ? stored : new Balance(0, null);
        _balance.Set(balance with { Frozen = ((Freeze)message).Reason });
        return ValueTask.CompletedTask;
    }
}
#endregion

internal static class Use
{
    public static void Define(DataStream<Payment> payments)
    {
        #region process-grain
        payments.KeyBy(p => p.Account)
            .ProcessGrain(() => new Account(), maxConcurrentCalls: 200)
            .Accepts<Freeze>()
            .WithUid("accounts");
        #endregion
    }

    public static async Task Ask(LocalJob job)
    {
        #region key-handle
        KeyHandle<string> key = job.Key("accounts", "DE02 1203");
        Answer<Balance> now = await key.AskAsync<Balance>("balance");                        // of any keyed operator's state
        Answer<Balance> sure = await key.AskAsync<Balance>("balance", AskMode.Durable);      // told with the checkpoint that contains it
        await key.TellAsync(new Freeze("stolen"), Delivery.Durable);
        #endregion
        _ = (now, sure);
    }

    public static async Task AskACluster(StreamClient client, string id)
    {
        #region key-handle-cluster
        KeyHandle<string> key = client.Job(id).Key("accounts", "DE02 1203");        // client: a StreamClient of any silo
        await key.TellAsync(new Freeze("stolen"), Delivery.Durable);
        #endregion
    }
}
