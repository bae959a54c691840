using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Client;

/// <summary>
/// Submits jobs to a cluster and watches them, over REST of any of its silos. Requests that may not have arrived are repeated (<see cref="StreamClientOptions.RetryFor"/>), which is safe: nothing happens twice.
/// Every refusal is a <see cref="JobServiceException"/> with a code. Any thread.
/// </summary>
public sealed class StreamClient : IAsyncDisposable
{
    private readonly RestCalls _calls;
    private readonly RestJobService _service;
    private readonly StreamClientOptions _options;

    private StreamClient(RestCalls calls, StreamClientOptions options)
    {
        _calls = calls;
        _options = options;
        _service = new RestJobService(calls);
    }

    /// <summary>All that the service can do, for what the members below do not cover.</summary>
    public IJobService Service => _service;

    /// <summary>Makes a client of a cluster. Nothing is sent yet.</summary>
    /// <param name="service">The address of a silo's REST, such as <c>http://localhost:8081</c>; several, separated by commas, are tried in turn.</param>
    /// <param name="options">The options; the defaults if null.</param>
    /// <exception cref="OptionsException">An address or option is wrong.</exception>
    public static StreamClient Connect(string service, StreamClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        options ??= new StreamClientOptions();
        return new StreamClient(new RestCalls(service.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), options), options);
    }

    /// <summary>Makes a client of a cluster. Nothing is sent yet.</summary>
    /// <param name="service">The address of a silo's REST.</param>
    /// <param name="options">The options; the defaults if null.</param>
    /// <exception cref="OptionsException">The address or an option is wrong.</exception>
    public static StreamClient Connect(Uri service, StreamClientOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        return Connect(service.OriginalString, options);
    }

    /// <summary>Submits a job of an assembly of this program: packs the assembly with what lies beside it, uploads that unless the cluster has it, and submits.</summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <param name="options">The job's options; the defaults if null. Where checkpoints go is the cluster's to say.</param>
    /// <param name="cancel">Ends the wait; the job may have been taken.</param>
    /// <exception cref="JobServiceException">The service refused it, or cannot be reached.</exception>
    public async Task<StreamJob> SubmitAsync<TJob>(JobOptions? options = null, CancellationToken cancel = default) where TJob : IStreamJob, new()
    {
        string package = (await UploadAsync(typeof(TJob).Assembly.Location, cancel).ConfigureAwait(false)).Id;
        return await SubmitAsync(package, typeof(TJob).FullName, JobOptionCatalog.Write(options ?? new JobOptions()), cancel).ConfigureAwait(false);
    }

    /// <summary>Submits a job of a package, or one that is built into the silos.</summary>
    /// <param name="package">The package's id; null for a job that is built in.</param>
    /// <param name="job">The job's type, with or without namespace; may be null where there is just one.</param>
    /// <param name="options">Options as people write them; arguments of the job as <c>set.name</c>. None if null.</param>
    /// <param name="cancel">Ends the wait; the job may have been taken.</param>
    /// <exception cref="JobServiceException">The service refused it, or cannot be reached.</exception>
    public Task<StreamJob> SubmitAsync(string? package, string? job, IReadOnlyDictionary<string, string>? options = null, CancellationToken cancel = default) =>
        SubmitAsync(new JobSubmission { Id = NewId(), Package = package, Job = job, Options = options ?? JobArguments.Empty.Values }, cancel);

    /// <summary>Submits a job with an id of the caller's choice: the same submission again is the same job.</summary>
    /// <param name="submission">The job.</param>
    /// <param name="cancel">Ends the wait; the job may have been taken.</param>
    /// <exception cref="JobServiceException">The service refused it, or cannot be reached.</exception>
    public async Task<StreamJob> SubmitAsync(JobSubmission submission, CancellationToken cancel = default) => Job((await _service.SubmitAsync(submission, cancel).ConfigureAwait(false)).Id);

    /// <summary>Uploads a package, unless the cluster has it. Needs the admin token then.</summary>
    /// <param name="path">A zip; or an assembly, which is packed with what lies beside it.</param>
    /// <param name="cancel">Ends the upload.</param>
    /// <exception cref="OptionsException">There is no such file.</exception>
    /// <exception cref="JobServiceException">The service refused it, or cannot be reached.</exception>
    public async Task<PackageInfo> UploadAsync(string path, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (!path.EndsWith(".dll", StringComparison.OrdinalIgnoreCase))
        {
            return File.Exists(path)
                ? await _service.UploadPackageAsync(() => File.OpenRead(path), cancel).ConfigureAwait(false)
                : throw new OptionsException($"There is no file '{path}'. Give a package (.zip) or the assembly (.dll) that has the job.");
        }

        PackageBuilder builder = await Task.Run(() => PackageBuilder.ForAssembly(path), cancel).ConfigureAwait(false);
        if ((await _service.ListPackagesAsync(cancel).ConfigureAwait(false)).FirstOrDefault(p => p.Id == builder.Id) is { } known)
        {
            return known;
        }

        string zip = Path.Combine(Path.GetTempPath(), $"ostream-{Guid.NewGuid():N}.zip");
        try
        {
            await Task.Run(() => Write(builder, zip), cancel).ConfigureAwait(false);
            return await _service.UploadPackageAsync(() => File.OpenRead(zip), cancel).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(zip);
        }
    }

    /// <summary>A job of the cluster. Nothing is asked yet.</summary>
    /// <param name="id">The job's id.</param>
    public StreamJob Job(string id) => new(_service, id, _options);

    /// <summary>All jobs that run, and the last that ended; the newest first.</summary>
    /// <param name="cancel">Ends the wait.</param>
    /// <exception cref="JobServiceException">The service cannot be reached.</exception>
    public Task<IReadOnlyList<JobInfo>> ListAsync(CancellationToken cancel = default) => _service.ListAsync(cancel);

    /// <summary>Closes connections. Jobs go on.</summary>
    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    internal static string NewId() => Guid.NewGuid().ToString("N");

    private static void Write(PackageBuilder builder, string path)
    {
        using FileStream file = File.Create(path);
        builder.WriteTo(file);
    }
}
