using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>The output of a keyed grain, where the messages that it can be told are declared.</summary>
/// <typeparam name="TOut">The type of the records.</typeparam>
public sealed class GrainStream<TOut> : OperatorStream<TOut>
{
    private readonly List<GrainMessage> _accepted;

    internal GrainStream(StreamEnvironment env, StreamNode node, List<GrainMessage> accepted) : base(env, node, null)
    {
        _accepted = accepted;
    }

    /// <summary>Lets keys be told messages of a type; others are refused.</summary>
    /// <typeparam name="TMessage">The type, as it is given to <c>TellAsync</c>.</typeparam>
    public GrainStream<TOut> Accepts<TMessage>() where TMessage : notnull
    {
        _accepted.Add(new GrainMessage<TMessage>());
        return this;
    }
}
