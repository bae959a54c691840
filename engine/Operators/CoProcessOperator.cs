using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class CoProcessOperator<T1, T2, TOut> : TwoInputOperator<T1, T2, TOut>
{
    private readonly CoProcessFunction<T1, T2, TOut> _function;
    private readonly PlainContext _context;
    private readonly OperatorState _state;

    public CoProcessOperator(OperatorSetup setup, CoProcessFunction<T1, T2, TOut> function) : base(setup)
    {
        _function = function;
        _context = new PlainContext(this);
        _state = new OperatorState(setup);
    }

    public override OperatorState State => _state;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open() => FunctionLifecycle.Open(_function, Setup, _state);

    public override void Close() => FunctionLifecycle.Close(_function, Setup);

    protected override int ProcessFirst(Batch<T1> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                _function.Process1(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw RecordError(batch, i, "first", e);
        }

        return i - from;
    }

    protected override int ProcessSecond(Batch<T2> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                _function.Process2(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw RecordError(batch, i, "second", e);
        }

        return i - from;
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        return true;
    }

    private UserCodeException RecordError<T>(Batch<T> batch, int at, string input, Exception e) => UserError(
        $"processing the record {Describe.Value(batch.Values[at])} of the {input} input (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
