namespace OrleansStream.Hosting;

/// <summary>Sends requests to keys of a job: the host's part of <see cref="KeyHandle{TKey}"/>. It sends again what <see cref="KeyReply.CanRetry"/> allows, until the token is cancelled.</summary>
public interface IKeyGateway
{
    /// <summary>The name of the job.</summary>
    string Job { get; }

    /// <summary>Sends a request and waits for what becomes of it. Any thread.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Ends the wait, not what was asked for.</param>
    Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel);
}
