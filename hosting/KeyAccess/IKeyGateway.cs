namespace OrleansStream.Hosting;

/// <summary>Sends requests to keys of a job: the host's part of <see cref="KeyHandle{TKey}"/>.</summary>
public interface IKeyGateway
{
    /// <summary>The name of the job. Asked for only inside of a call for a key, where requests to the own job are limited.</summary>
    /// <param name="cancel">Ends the wait.</param>
    ValueTask<string> FindJobNameAsync(CancellationToken cancel);

    /// <summary>Sends a request and waits for what becomes of it; sends it again while <see cref="KeyReply.CanRetry"/> says that this may help, for as long as the host is patient. Any thread.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancel">Ends the wait, not what was asked for.</param>
    Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel);
}
