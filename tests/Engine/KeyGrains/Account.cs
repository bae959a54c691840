using OrleansStream.State;

namespace OrleansStream.Engine.Tests.KeyGrains;

/// <summary>A payment, and how long its call takes.</summary>
public sealed record Payment(string Account, int Amount, long TakesMs = 0);

public sealed record Freeze(string Reason);

public sealed record Bonus(int Amount);

/// <summary>Adds up payments in calls that wait in the host's time, and notes what was called when.</summary>
internal sealed class Account : KeyGrain<string, Payment, string>
{
    private TimeProvider _time = TimeProvider.System;
    private ValueState<int> _balance = null!;
    private ListState<int> _amounts = null!;
    private ValueState<string> _frozen = null!;
    private int _callsOfObject;

    /// <summary>What the calls of all objects did, in order.</summary>
    public Journal Journal { get; init; } = new();

    /// <summary>Run inside of each call with records.</summary>
    public Func<string, CancellationToken, Task>? InCall { get; init; }

    public override void Open(OpenContext context)
    {
        _time = TestTime.Of(context.Services);
        _balance = context.State.Value<int>("balance");
        _amounts = context.State.List<int>("amounts");
        _frozen = context.State.Value<string>("frozen");
    }

    public override async ValueTask ProcessAsync(IReadOnlyList<Payment> batch, Output<string> output, CancellationToken cancel)
    {
        using IDisposable call = Journal.Enter(Key);
        _callsOfObject++;
        if (InCall is not null)
        {
            await InCall(Key, cancel);
        }

        foreach (Payment payment in batch)
        {
            if (payment.TakesMs > 0)
            {
                await _time.WaitAsync(payment.TakesMs, cancel);
            }

            if (payment.Amount < 0)
            {
                throw new InvalidOperationException("an amount below zero");
            }

            _balance.Set(_balance.GetOr(0) + payment.Amount);
            _amounts.Add(payment.Amount);
            output.Emit($"{Key} {_balance.GetOr(0)}{(_frozen.TryGet(out string? why) ? $" frozen: {why}" : "")}");
            if (payment.Amount == 77)
            {
                Context.Timers.RegisterEventTime(Context.Timestamp + 10);
            }
        }
    }

    public override async ValueTask OnTimerAsync(FiredTimer timer, Output<string> output, CancellationToken cancel)
    {
        using IDisposable call = Journal.Enter(Key);
        await _time.WaitAsync(5, cancel);
        output.Emit($"{Key} timer {timer.Time} of {_amounts.Get().Count}");
    }

    public override ValueTask OnTellAsync(object message, Output<string> output, CancellationToken cancel)
    {
        using IDisposable call = Journal.Enter(Key);
        switch (message)
        {
            case Freeze freeze:
                _frozen.Set(freeze.Reason);
                break;
            case Bonus bonus:
                _balance.Set(_balance.GetOr(0) + bonus.Amount);
                output.Emit($"{Key} bonus {_balance.GetOr(0)}");
                break;
            default:
                throw new InvalidOperationException($"told {message}");
        }

        return ValueTask.CompletedTask;
    }
}

/// <summary>Which calls are under way; refuses two of one key.</summary>
internal sealed class Journal
{
    private readonly HashSet<string> _underWay = [];

    public List<string> Calls { get; } = [];

    public int Most { get; private set; }

    public int UnderWay => _underWay.Count;

    public IDisposable Enter(string key)
    {
        lock (_underWay)
        {
            Assert.True(_underWay.Add(key), $"two calls of key {key} at a time");
            Calls.Add(key);
            Most = Math.Max(Most, _underWay.Count);
        }

        return new Leaving(this, key);
    }

    private sealed class Leaving(Journal journal, string key) : IDisposable
    {
        public void Dispose()
        {
            lock (journal._underWay)
            {
                journal._underWay.Remove(key);
            }
        }
    }
}
