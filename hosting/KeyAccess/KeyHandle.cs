namespace OrleansStream.Hosting;

/// <summary>A key of a running job, for code outside of the job: asks for its state, tells its keyed grain. Any thread.</summary>
/// <typeparam name="TKey">The type of the key.</typeparam>
public sealed class KeyHandle<TKey>
{
    private readonly IKeyGateway _gateway;
    private readonly string _operator;
    private readonly TKey _key;

    /// <summary>Creates the handle; nothing is sent.</summary>
    /// <param name="gateway">Sends the requests.</param>
    /// <param name="operatorUid">The uid of the operator, as given with <c>WithUid</c>.</param>
    /// <param name="key">The key.</param>
    public KeyHandle(IKeyGateway gateway, string operatorUid, TKey key)
    {
        ArgumentNullException.ThrowIfNull(gateway);
        ArgumentException.ThrowIfNullOrWhiteSpace(operatorUid);
        ArgumentNullException.ThrowIfNull(key);
        _gateway = gateway;
        _operator = operatorUid;
        _key = key;
    }

    /// <summary>Asks for a state of the key: a value, the list or dictionary of a list or map state, the accumulator of an aggregating one. It never enters the key's object.</summary>
    /// <typeparam name="T">The type of the state, or one that it can be read as.</typeparam>
    /// <param name="state">The name that the state was declared under; <see cref="KeyRequests.AllStates"/> for all that the key has at one moment, read as a type that has members of their names.</param>
    /// <param name="mode">How firm the answer is to be.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="KeyAccessException">The operator has no such key or state.</exception>
    public async Task<Answer<T>> AskAsync<T>(string state, AskMode mode = AskMode.Latest, CancellationToken cancel = default)
    {
        KeyRequest request = KeyRequests.Ask(_operator, _key, state, mode);
        await RequireAllowedAsync(request, cancel).ConfigureAwait(false);
        return KeyRequests.Answer<T>(request, await _gateway.SendAsync(request, cancel).ConfigureAwait(false));
    }

    /// <summary>Tells the key's grain a message of a type that it accepts.</summary>
    /// <typeparam name="TMessage">The type of the message, as declared with <see cref="GrainStream{TOut}.Accepts"/>.</typeparam>
    /// <param name="message">The message.</param>
    /// <param name="delivery">When the wait ends.</param>
    /// <param name="cancel">Ends the wait; the message may be delivered all the same.</param>
    /// <exception cref="KeyAccessException">The operator takes no such message, or the call comes from inside of a call for a key of the job.</exception>
    public Task TellAsync<TMessage>(TMessage message, Delivery delivery, CancellationToken cancel = default) where TMessage : notnull =>
        TellAsync(message, delivery, Guid.NewGuid(), cancel);

    /// <summary>Tells the key's grain a message under an id of the caller's, who may tell it again after a failure of its own: within <c>keyed.tell-retention</c> it is applied once.</summary>
    /// <inheritdoc cref="TellAsync{TMessage}(TMessage, Delivery, CancellationToken)"/>
    /// <param name="message">The message.</param>
    /// <param name="delivery">When the wait ends.</param>
    /// <param name="id">Identifies the message.</param>
    /// <param name="cancel">Ends the wait; the message may be delivered all the same.</param>
    public async Task TellAsync<TMessage>(TMessage message, Delivery delivery, Guid id, CancellationToken cancel = default) where TMessage : notnull
    {
        KeyRequest request = KeyRequests.Tell(_operator, _key, message, delivery, id);
        await RequireAllowedAsync(request, cancel).ConfigureAwait(false);
        KeyRequests.Require(request, await _gateway.SendAsync(request, cancel).ConfigureAwait(false));
    }

    private async ValueTask RequireAllowedAsync(KeyRequest request, CancellationToken cancel)
    {
        if (KeyRequests.AreLimited)
        {
            KeyRequests.RequireAllowed(request, await _gateway.FindJobNameAsync(cancel).ConfigureAwait(false));
        }
    }
}
