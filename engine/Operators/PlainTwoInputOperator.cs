using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>A function without a key over two streams.</summary>
/// <param name="setup">The place of the operator.</param>
/// <param name="function">The function.</param>
/// <param name="broadcasting">For a broadcast input, whether one of its records is being processed.</param>
internal abstract class PlainTwoInputOperator<T1, T2, TOut>(OperatorSetup setup, StreamFunction function, BroadcastPhase? broadcasting = null) : TwoInputOperator<T1, T2, TOut>(setup)
{
    private readonly OperatorState _state = new(setup) { Broadcasting = broadcasting };

    public override OperatorState State => _state;

    protected PlainContext Context => field ??= new PlainContext(this);

    public override void OpenInBackground() => FunctionLifecycle.OpenInBackground(function, Setup);

    public override void Open() => FunctionLifecycle.Open(function, Setup, _state);

    public override void Close() => FunctionLifecycle.Close(function, Setup);

    protected override bool OnWatermark(long watermark)
    {
        Context.Watermark = watermark;
        return true;
    }
}
