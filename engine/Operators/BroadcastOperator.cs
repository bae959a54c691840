using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A function over a stream without a key and a broadcast one.</summary>
internal sealed class BroadcastOperator<T, TBroadcast, TOut> : TwoInputOperator<T, TBroadcast, TOut>
{
    private readonly BroadcastFunction<T, TBroadcast, TOut> _function;
    private readonly PlainContext _context;
    private readonly OperatorState _state;
    private readonly BroadcastPhase _phase = new();

    public BroadcastOperator(OperatorSetup setup, BroadcastFunction<T, TBroadcast, TOut> function) : base(setup)
    {
        _function = function;
        _context = new PlainContext(this);
        _state = new OperatorState(setup) { Broadcasting = _phase };
    }

    public override OperatorState State => _state;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open() => FunctionLifecycle.Open(_function, Setup, _state);

    public override void Close() => FunctionLifecycle.Close(_function, Setup);

    protected override int ProcessFirst(Batch<T> batch, int from)
    {
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                _function.Process(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw RecordError(batch, i, "", e);
        }

        return i - from;
    }

    protected override int ProcessSecond(Batch<TBroadcast> batch, int from)
    {
        int i = from;
        _phase.IsOn = true;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = Main.Output.Timestamp = batch.Timestamps[i];
                _function.ProcessBroadcast(in batch.Values[i], _context, Main.Output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw RecordError(batch, i, "broadcast ", e);
        }

        _phase.IsOn = false;
        return i - from;
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        return true;
    }

    private UserCodeException RecordError<TRecord>(Batch<TRecord> batch, int at, string input, Exception e) => UserError(
        $"processing the {input}record {Describe.Value(batch.Values[at])} (timestamp {Describe.Timestamp(batch.Timestamps[at])})", e);
}
