using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>Drives an operator with two inputs by hand, in virtual time. Made by <see cref="OperatorHarness"/>.</summary>
/// <typeparam name="T1">The type of the first input's records.</typeparam>
/// <typeparam name="T2">The type of the second input's records.</typeparam>
/// <typeparam name="TOut">The type of the records of the main output.</typeparam>
public sealed class TwoInputHarness<T1, T2, TOut> : OperatorHarnessBase<TwoInputHarness<T1, T2, TOut>, TOut>
{
    private readonly HarnessInput<T1> _first;
    private readonly HarnessInput<T2> _second;

    internal TwoInputHarness(
        HarnessOptions? options, Func<HarnessOptions, HarnessKeys<T1>> firstKeys, Func<HarnessOptions, HarnessKeys<T2>> secondKeys,
        Func<OperatorSetup, Operator> create) : base(options, create)
    {
        _first = new HarnessInput<T1>(0, firstKeys(Options));
        _second = new HarnessInput<T2>(1, secondKeys(Options));
        SetInputs(_first, _second);
    }

    /// <summary>Sends a record to the first input.</summary>
    /// <param name="value">The record.</param>
    /// <param name="at">Its timestamp in milliseconds; without, it has none.</param>
    public TwoInputHarness<T1, T2, TOut> Send1(T1 value, long at = Batch<T1>.NoTimestamp) => SendAll1([(value, at)]);

    /// <summary>Sends a record to the second input.</summary>
    /// <param name="value">The record.</param>
    /// <param name="at">Its timestamp in milliseconds; without, it has none.</param>
    public TwoInputHarness<T1, T2, TOut> Send2(T2 value, long at = Batch<T2>.NoTimestamp) => SendAll2([(value, at)]);

    /// <summary>Sends records to the first input in one batch.</summary>
    /// <param name="records">The records with their timestamps.</param>
    public TwoInputHarness<T1, T2, TOut> SendAll1(IEnumerable<(T1 Value, long At)> records)
    {
        _first.Enqueue([.. records], Ports(0));
        return Drive();
    }

    /// <summary>Sends records to the second input in one batch.</summary>
    /// <param name="records">The records with their timestamps.</param>
    public TwoInputHarness<T1, T2, TOut> SendAll2(IEnumerable<(T2 Value, long At)> records)
    {
        _second.Enqueue([.. records], Ports(1));
        return Drive();
    }

    /// <summary>The same watermark comes in on both inputs.</summary>
    /// <param name="time">The watermark.</param>
    public TwoInputHarness<T1, T2, TOut> Watermark(long time) => Watermark1(time).Watermark2(time);

    /// <summary>A watermark comes in on the first input.</summary>
    /// <param name="time">The watermark.</param>
    /// <param name="subtask">The subtask that gets it; null for all.</param>
    public TwoInputHarness<T1, T2, TOut> Watermark1(long time, int? subtask = null) => OnPorts(0, subtask, port => port.Watermark(time));

    /// <summary>A watermark comes in on the second input.</summary>
    /// <param name="time">The watermark.</param>
    /// <param name="subtask">The subtask that gets it; null for all.</param>
    public TwoInputHarness<T1, T2, TOut> Watermark2(long time, int? subtask = null) => OnPorts(1, subtask, port => port.Watermark(time));

    /// <summary>The first input becomes idle, or active again.</summary>
    /// <param name="idle">Which of the two.</param>
    public TwoInputHarness<T1, T2, TOut> Idle1(bool idle = true) => OnPorts(0, null, port => port.Status(idle));

    /// <summary>The second input becomes idle, or active again.</summary>
    /// <param name="idle">Which of the two.</param>
    public TwoInputHarness<T1, T2, TOut> Idle2(bool idle = true) => OnPorts(1, null, port => port.Status(idle));

    /// <summary>Both inputs end: their final watermarks come, then their ends.</summary>
    public TwoInputHarness<T1, T2, TOut> EndOfInput() => EndOfInput1().EndOfInput2();

    /// <summary>The first input ends.</summary>
    public TwoInputHarness<T1, T2, TOut> EndOfInput1() => OnPorts(0, null, port => port.End());

    /// <summary>The second input ends.</summary>
    public TwoInputHarness<T1, T2, TOut> EndOfInput2() => OnPorts(1, null, port => port.End());
}
