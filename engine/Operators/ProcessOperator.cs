using OrleansStream.Engine.Channels;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

internal sealed class ProcessOperator<TIn, TOut> : OneInputOperator<TIn, TOut>
{
    private readonly ProcessFunction<TIn, TOut> _function;
    private readonly PlainContext _context;
    private readonly OperatorState _state;

    public ProcessOperator(OperatorSetup setup, ProcessFunction<TIn, TOut> function) : base(setup)
    {
        _function = function;
        _context = new PlainContext(this);
        _state = new OperatorState(setup);
    }

    public override OperatorState State => _state;

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(_function, Setup);

    public override void Open() => FunctionLifecycle.Open(_function, Setup, _state);

    public override void Close() => FunctionLifecycle.Close(_function, Setup);

    protected override int Process(Batch<TIn> batch, int from)
    {
        Output<TOut> output = Main.Output;
        int i = from;
        try
        {
            while (i < batch.Count)
            {
                _context.Timestamp = output.Timestamp = batch.Timestamps[i];
                _function.Process(in batch.Values[i], _context, output);
                i++;
                if (Main.IsFull || _context.SideIsFull)
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            throw UserError($"processing the record {Describe.Value(batch.Values[i])} (timestamp {Describe.Timestamp(batch.Timestamps[i])})", e);
        }

        return i - from;
    }

    protected override bool OnWatermark(long watermark)
    {
        _context.Watermark = watermark;
        return true;
    }
}
