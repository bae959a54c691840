using System.Globalization;
using OrleansStream.Service;

namespace OrleansStream.Client;

/// <summary>The job service of a cluster, over REST.</summary>
internal sealed class RestJobService(RestCalls calls) : IJobService
{
    private const string Packages = "v1/packages";
    private const string Jobs = "v1/jobs";

    /// <summary>Uploads what can be opened again: a try that failed is repeated.</summary>
    public Task<PackageInfo> UploadPackageAsync(Func<Stream> open, CancellationToken cancel) => calls.UploadAsync(Packages, open, ServiceJson.Default.PackageInfo, cancel);

    public async Task<PackageInfo> UploadPackageAsync(Stream content, CancellationToken cancel = default)
    {
        // A stream can be read once, so it is kept for a second try.
        MemoryStream kept = new();
        await content.CopyToAsync(kept, cancel).ConfigureAwait(false);
        byte[] bytes = kept.ToArray();
        return await UploadPackageAsync(() => new MemoryStream(bytes, writable: false), cancel).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<PackageInfo>> ListPackagesAsync(CancellationToken cancel = default) => calls.GetAsync(Packages, ServiceJson.Default.IReadOnlyListPackageInfo, cancel);

    public Task DeletePackageAsync(string package, CancellationToken cancel = default) => calls.DeleteAsync($"{Packages}/{Escape(package)}", cancel);

    public Task<JobInfo> SubmitAsync(JobSubmission submission, CancellationToken cancel = default) =>
        calls.PostAsync(Jobs, submission, ServiceJson.Default.JobSubmission, ServiceJson.Default.JobInfo, cancel);

    public Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default) => calls.GetAsync(Jobs, ServiceJson.Default.IReadOnlyListJobInfo, cancel);

    public Task<JobDetails> GetAsync(string job, CancellationToken cancel = default) => calls.GetAsync(Path(job), ServiceJson.Default.JobDetails, cancel);

    public Task<JobInfo> CancelAsync(string job, CancellationToken cancel = default) => calls.PostAsync(Path(job, "/cancel"), ServiceJson.Default.JobInfo, cancel);

    public Task<SavepointInfo> SavepointAsync(string job, SavepointRequest request, CancellationToken cancel = default) =>
        UntilDoneAsync(() => calls.PostAsync(Path(job, "/savepoints"), request, ServiceJson.Default.SavepointRequest, ServiceJson.Default.SavepointInfo, cancel));

    public Task<KeyAnswer> CallKeyAsync(string job, KeyCall call, CancellationToken cancel = default)
    {
        string path = Path(job, string.Create(CultureInfo.InvariantCulture, $"/key?wait={calls.Wait.TotalSeconds}"));
        return UntilDoneAsync(() => calls.PostAsync(path, call, ServiceJson.Default.KeyCall, ServiceJson.Default.KeyAnswer, cancel));
    }

    public Task<IReadOnlyList<CheckpointInfo>> GetCheckpointsAsync(string job, CancellationToken cancel = default) =>
        calls.GetAsync(Path(job, "/checkpoints"), ServiceJson.Default.IReadOnlyListCheckpointInfo, cancel);

    public Task<IReadOnlyList<FailureInfo>> GetFailuresAsync(string job, CancellationToken cancel = default) =>
        calls.GetAsync(Path(job, "/failures"), ServiceJson.Default.IReadOnlyListFailureInfo, cancel);

    public Task<JobMetrics> GetMetricsAsync(string job, CancellationToken cancel = default) => calls.GetAsync(Path(job, "/metrics"), ServiceJson.Default.JobMetrics, cancel);

    // Nothing comes while it is under way.
    private static async Task<T> UntilDoneAsync<T>(Func<Task<T>> ask) where T : class
    {
        while (true)
        {
            T? done = await ask().ConfigureAwait(false);
            if (done is not null)
            {
                return done;
            }
        }
    }

    private static string Path(string job, string rest = "") => $"{Jobs}/{Escape(job)}{rest}";

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
