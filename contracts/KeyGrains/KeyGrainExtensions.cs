using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Keys that are actors.</summary>
public static class KeyGrainExtensions
{
    /// <summary>Gives each key an object of its own, which is called with the records, timers and messages of its key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TIn">The type of the records that come.</typeparam>
    /// <typeparam name="TOut">The type of the records that are emitted.</typeparam>
    /// <param name="stream">The keyed stream.</param>
    /// <param name="create">Makes the object of a key. Called on the subtask's thread; must not block.</param>
    /// <param name="maxConcurrentCalls">How many calls of a subtask run at a time, of different keys.</param>
    public static GrainStream<TOut> ProcessGrain<TKey, TIn, TOut>(this KeyedStream<TKey, TIn> stream, Func<KeyGrain<TKey, TIn, TOut>> create, int maxConcurrentCalls = 100)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(create);
        if (maxConcurrentCalls < 1)
        {
            throw new JobDefinitionException($"ProcessGrain with maxConcurrentCalls = {maxConcurrentCalls}: no call could ever begin. Give 1 or more.");
        }

        List<GrainMessage> accepted = [];
        StreamNode node = stream.Env.Append(
            id => new KeyGrainNode<TKey, TIn, TOut>(create, maxConcurrentCalls, accepted) { Id = id, Name = NameOf(create) }, stream.Edges(0));
        return new GrainStream<TOut>(stream.Env, node, accepted);
    }

    private static string NameOf<TGrain>(Func<TGrain> create) where TGrain : class => create()?.GetType().Name
        ?? throw new JobDefinitionException("ProcessGrain was given a function that makes no object. Return a new one for each call.");
}
