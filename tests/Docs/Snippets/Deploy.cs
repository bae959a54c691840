using OrleansStream.Client;
using OrleansStream.Docs.FirstJob;
using OrleansStream.Service;

namespace OrleansStream.Docs.Clients;

internal static class Deploy
{
    public static async Task FromAProgramAsync(string token)
    {
        #region client
        await using StreamClient client = StreamClient.Connect("http://localhost:8081", new StreamClientOptions { Token = token });
        StreamJob job = await client.SubmitAsync<MeanPerMinute>(new JobOptions { Parallelism = 4 });     // packs and uploads the assembly, unless the cluster has it
        SavepointInfo before = await job.SavepointAsync("before-upgrade");                               // the job goes on
        SavepointInfo last = await job.StopWithSavepointAsync(drain: false);
        JobInfo ended = await job.WaitAsync();                                                           // its state, and why it failed if it did
        #endregion
        _ = (before, last, ended);
    }
}
