using OrleansStream.Engine.Channels;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// An operator with two inputs of different types and one main output. It never chooses which input it reads: both come as they come, and its watermark is the smaller one of both.
/// </summary>
internal abstract class TwoInputOperator<T1, T2, TOut> : Operator, ITwoInputs
{
    private readonly WatermarkCombiner _watermarks = WatermarkCombiner.ForInputs(2);
    private readonly ControlQueue _controls = new();
    private readonly bool[] _ended = new bool[2];
    private long _watermark = long.MinValue;
    private bool _firing;

    protected TwoInputOperator(OperatorSetup setup) : base(setup)
    {
        Main = AddLink<TOut>(null);
        First = new Input<T1>(this, 0, ProcessFirst);
        Second = new Input<T2>(this, 1, ProcessSecond);
    }

    public OutputLink<TOut> Main { get; }

    public IReceiver<T1> First { get; }

    public IReceiver<T2> Second { get; }

    object ITwoInputs.Input(int input) => input == 0 ? First : Second;

    public long Watermark
    {
        get => _watermark;
        private set
        {
            _watermark = value;
            Volatile.Write(ref Metrics.WatermarkMs, value);
        }
    }

    protected StoredWatermark StoredWatermark => new(_watermark, _firing);

    protected virtual void RestoreWatermark(StoredWatermark stored)
    {
        Watermark = stored.Value;
        _firing = stored.IsFiring;
    }

    protected abstract int ProcessFirst(Batch<T1> batch, int from);

    protected abstract int ProcessSecond(Batch<T2> batch, int from);

    /// <summary>Calls a function without a key for each record, until an output is full.</summary>
    /// <param name="batch">The records.</param>
    /// <param name="from">The first.</param>
    /// <param name="context">The function's context.</param>
    /// <param name="action">The function.</param>
    /// <param name="what">What it does with one, for errors: <c>the first input's record</c>.</param>
    protected int ProcessEach<T, TContext>(Batch<T> batch, int from, TContext context, RecordAction<T, TOut> action, string what)
        where TContext : FunctionContext, ISideContext
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                action(in batch.Values[i], context, Main.Output);
                i++;
                if (Main.IsFull || context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is not (InvariantViolatedException or UserCodeException))
        {
            throw UserError($"processing {what} {Describe.Value(batch.Values[i])} (timestamp {Describe.Timestamp(batch.Timestamps[i])})", e);
        }

        return i - from;
    }

    /// <summary>Ends what control elements must not go past.</summary>
    /// <returns>Whether nothing is left.</returns>
    protected virtual bool BeforeControls() => true;

    /// <summary>Fires what a watermark sets free. Called again with the same one until it says true.</summary>
    protected virtual bool OnWatermark(long watermark) => true;

    private int Receive<T>(Batch<T> batch, int from, Func<Batch<T>, int, int> process)
    {
        if (!Advance() || !FinishFiring())
        {
            return 0;
        }

        int taken = 0;
        int count = batch.Count - from;
        while (taken < count)
        {
            int n = process(batch, from + taken);
            taken += n;
            if (n == 0 || !Advance())
            {
                break;
            }
        }

        if (taken > 0)
        {
            Volatile.Write(ref Metrics.RecordsInCount, Metrics.RecordsInCount + taken);
            Volatile.Write(ref Metrics.RecordsOutCount, Main.Emitted);
        }

        return taken;
    }

    // The combiner forgets repetitions, so an element that is offered again only goes on with what it began.
    private bool Control(int input, in Element element)
    {
        switch (element.Kind)
        {
            case ElementKind.Watermark:
                _controls.Add(_watermarks.OnWatermark(input, element.Value));
                break;
            case ElementKind.Status:
                _controls.Add(_watermarks.OnStatus(input, element.IsIdle));
                break;
            case ElementKind.EndOfInput when !_ended[input]:
                _ended[input] = true;
                if (_ended[0] && _ended[1])
                {
                    _controls.Add(Element.EndOfInput);
                }

                break;
            default:
                break;
        }

        return SendControls();
    }

    private bool SendControls()
    {
        if (!Advance() || !FinishFiring() || (!_controls.IsEmpty && !BeforeControls()))
        {
            return false;
        }

        while (!_controls.IsEmpty)
        {
            Element element = _controls.First;
            if (element.Kind == ElementKind.Watermark && element.Value < _watermark)
            {
                // After a restore upstream makes its watermarks anew; they have gone out once already.
                _controls.RemoveFirst();
                continue;
            }

            if (!Advance() || (element.Kind == ElementKind.Watermark && !Fire(element.Value)) || !Advance() || !ForwardControl(in element))
            {
                return false;
            }

            _controls.RemoveFirst();
        }

        Volatile.Write(ref Metrics.RecordsOutCount, Main.Emitted);
        return true;
    }

    private bool Fire(long watermark)
    {
        if (watermark > _watermark)
        {
            Watermark = watermark;
            _firing = true;
        }

        if (_firing)
        {
            _firing = !OnWatermark(_watermark);
        }

        return !_firing;
    }

    // A firing that a snapshot interrupted comes before all else, whatever upstream sends first after the restore.
    private bool FinishFiring() => !_firing || (Fire(_watermark) && Advance());

    private sealed class Input<T>(TwoInputOperator<T1, T2, TOut> owner, int input, Func<Batch<T>, int, int> process) : IReceiver<T>
    {
        public int Receive(Batch<T> batch, int from) => owner.Receive(batch, from, process);

        public bool Control(in Element element) => owner.Control(input, in element);
    }
}

/// <summary>Calls a function without a key.</summary>
internal delegate void RecordAction<T, TOut>(in T value, FunctionContext context, Output<TOut> output);

/// <summary>An operator with two inputs, seen without their types.</summary>
internal interface ITwoInputs
{
    /// <summary>The receiver of an input.</summary>
    object Input(int input);
}
