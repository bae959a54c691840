using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Client;

/// <summary>Requests to keys of a job over REST. While the job starts or restarts they are sent again, for as long as the options say, a message always with its id.</summary>
internal sealed class RestKeys(IJobService service, string job, StreamClientOptions options) : IKeyGateway
{
    public async ValueTask<string> FindJobNameAsync(CancellationToken cancel) => (await service.GetAsync(job, cancel).ConfigureAwait(false)).Job.Name;

    public async Task<KeyReply> SendAsync(KeyRequest request, CancellationToken cancel)
    {
        try
        {
            return KeyJson.ReplyOf(await CallAsync(KeyJson.CallOf(request, request.Id == Guid.Empty ? Guid.NewGuid() : request.Id), cancel).ConfigureAwait(false));
        }
        catch (JobServiceException e) when (e.Code == JobServiceError.KeyRefused)
        {
            throw new KeyAccessException(e.Message, e);
        }
    }

    /// <summary>Sends a call, and again while the job starts or restarts.</summary>
    public async Task<KeyAnswer> CallAsync(KeyCall call, CancellationToken cancel)
    {
        long? lost = null;
        while (true)
        {
            try
            {
                return await service.CallKeyAsync(job, call, cancel).ConfigureAwait(false);
            }
            catch (JobServiceException e) when (e.Code == JobServiceError.NotReady && TimeProvider.System.GetElapsedTime(lost ??= TimeProvider.System.GetTimestamp()) + options.PollInterval <= options.RetryFor)
            {
                await Task.Delay(options.PollInterval, cancel).ConfigureAwait(false);
            }
        }
    }
}
