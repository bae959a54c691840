using Orleans;
using OrleansStream.Grains;
using OrleansStream.State;

namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>Adds something to an account; a negative amount fails the attempt.</summary>
public sealed record Bonus(int Amount);

/// <summary>Has an account try to tell another one, which is refused.</summary>
public sealed record TellOther(string Job, int Key);

/// <summary>Counts the ticks of its key, and what it is told.</summary>
internal sealed class TickAccount : KeyGrain<int, Tick, string>
{
    private ValueState<int> _count = null!;
    private ValueState<int> _bonus = null!;
    private ValueState<string> _refusal = null!;
    private IGrainFactory _grains = null!;

    public override void Open(OpenContext context)
    {
        _count = context.State.Value<int>("count");
        _bonus = context.State.Value<int>("bonus");
        _refusal = context.State.Value<string>("refusal");
        _grains = (IGrainFactory)context.Services.GetService(typeof(IGrainFactory))!;
    }

    public override ValueTask ProcessAsync(IReadOnlyList<Tick> batch, Output<string> output, CancellationToken cancel)
    {
        _count.Set(_count.GetOr(0) + batch.Count);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask OnTellAsync(object message, Output<string> output, CancellationToken cancel)
    {
        switch (message)
        {
            case Bonus { Amount: < 0 } bonus:
                throw new InvalidOperationException($"a bonus of {bonus.Amount}");
            case Bonus bonus:
                _bonus.Set(_bonus.GetOr(0) + bonus.Amount);
                output.Emit($"{Key} bonus {bonus.Amount}");
                break;
            case TellOther other:
                KeyAccessException refused = await Assert.ThrowsAsync<KeyAccessException>(
                    () => _grains.Key(other.Job, "accounts", other.Key).TellAsync(new Bonus(1), Delivery.Applied, cancel));
                _refusal.Set(refused.Message);
                break;
        }
    }
}

/// <summary>Counts the ticks of its key.</summary>
internal sealed class TickCount : KeyedProcessFunction<int, Tick, string>
{
    private ValueState<int> _count = null!;

    public override void Open(OpenContext context) => _count = context.State.Value<int>("count");

    public override void Process(in Tick value, KeyedContext<int> context, Output<string> output) => _count.Set(_count.GetOr(0) + 1);
}
