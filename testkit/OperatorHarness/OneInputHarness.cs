using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>Drives an operator with one input by hand, in virtual time. Made by <see cref="OperatorHarness"/>.</summary>
/// <typeparam name="TIn">The type of the records that are sent.</typeparam>
/// <typeparam name="TOut">The type of the records of the main output.</typeparam>
public sealed class OneInputHarness<TIn, TOut> : OperatorHarnessBase<OneInputHarness<TIn, TOut>, TOut>
{
    private readonly HarnessInput<TIn> _input;

    internal OneInputHarness(HarnessOptions? options, Func<HarnessOptions, HarnessKeys<TIn>> keys, Func<OperatorSetup, Operator> create) : base(options, create)
    {
        _input = new HarnessInput<TIn>(0, keys(Options));
        SetInputs(_input);
    }

    /// <summary>Sends a record.</summary>
    /// <param name="value">The record.</param>
    /// <param name="at">Its timestamp in milliseconds; without, it has none.</param>
    public OneInputHarness<TIn, TOut> Send(TIn value, long at = Batch<TIn>.NoTimestamp) => SendAll([(value, at)]);

    /// <summary>Sends records in one batch (one for each subtask that gets any).</summary>
    /// <param name="records">The records with their timestamps.</param>
    public OneInputHarness<TIn, TOut> SendAll(IEnumerable<(TIn Value, long At)> records)
    {
        _input.Enqueue([.. records], Ports(0));
        return Drive();
    }

    /// <summary>A watermark comes in.</summary>
    /// <param name="time">The watermark; one that is not higher than the last is dropped, as everywhere.</param>
    /// <param name="subtask">The subtask that gets it; null for all.</param>
    public OneInputHarness<TIn, TOut> Watermark(long time, int? subtask = null) => OnPorts(0, subtask, port => port.Watermark(time));

    /// <summary>The input becomes idle, or active again.</summary>
    /// <param name="idle">Which of the two.</param>
    /// <param name="subtask">The subtask that learns it; null for all.</param>
    public OneInputHarness<TIn, TOut> Idle(bool idle = true, int? subtask = null) => OnPorts(0, subtask, port => port.Status(idle));

    /// <summary>The input ends: the final watermark comes, then the end.</summary>
    public OneInputHarness<TIn, TOut> EndOfInput() => OnPorts(0, null, port => port.End());
}
