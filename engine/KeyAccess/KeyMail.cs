namespace OrleansStream.Engine.KeyAccess;

/// <summary>A request to a key on its way to the subtask that owns the key.</summary>
/// <param name="request">The request.</param>
/// <param name="reply">Gets the reply, once, on the subtask's thread or on that of the caller; must be quick.</param>
public sealed class KeyMail(KeyRequest request, Action<KeyReply> reply)
{
    private int _isAnswered;

    /// <summary>The request.</summary>
    public KeyRequest Request { get; } = request;

    /// <summary>The subtask that has it, for answers that wait for a checkpoint.</summary>
    internal IKeyDesk? Desk { get; set; }

    /// <summary>Answers; a second answer is dropped.</summary>
    internal void Answer(KeyReply answer)
    {
        if (Interlocked.Exchange(ref _isAnswered, 1) == 0)
        {
            reply(answer);
        }
    }

    internal void Refuse(KeyStatus status, string detail) => Answer(new KeyReply(status, detail));

    /// <summary>The request has been done: answers now, or when a checkpoint contains it if it is durable.</summary>
    internal void Done(byte[]? value, byte[] schema) =>
        (Desk ?? throw new InvariantViolatedException("A request to a key was done by nobody.")).Done(this, new KeyReply(KeyStatus.Done) { Value = value, Schema = schema });
}

/// <summary>A subtask as the requests to its keys see it.</summary>
internal interface IKeyDesk
{
    /// <summary>A request has been done.</summary>
    void Done(KeyMail mail, KeyReply reply);
}
