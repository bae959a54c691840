using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;

namespace OrleansStream.SiloTests.Service;

/// <summary>A job service over threads, with a package of sample jobs.</summary>
internal sealed class ServiceFixture : IAsyncDisposable
{
    private readonly LocalCluster _cluster = new(new LocalClusterOptions { Workers = 2 });

    public ServiceFixture(Func<JobServiceOptions, JobServiceOptions>? configure = null)
    {
        JobServiceOptions options = new()
        {
            CheckpointDirectory = Folder.At("checkpoints"),
            PackageDirectory = Folder.At("packages"),
            JobDefaults = new JobOptions { Parallelism = 2 },
        };
        options = configure?.Invoke(options) ?? options;
        JobCatalog catalog = new(options.PackageDirectory is null ? null : new PackageStore(options.PackageDirectory, options.PackageLimits, options.MaxPackages), [typeof(BuiltInJob)]);
        Service = new LocalJobService(_cluster, options, catalog);
    }

    public TemporaryFolder Folder { get; } = new();

    public LocalJobService Service { get; }

    public static string NewId() => Guid.NewGuid().ToString("N");

    public async Task<string> UploadAsync() => (await Service.UploadPackageAsync(SamplePackage.Zip())).Id;

    public async Task<JobSubmission> CountJobAsync(params (string Key, string Value)[] options) => new()
    {
        Id = NewId(),
        Package = await UploadAsync(),
        Job = "CountJob",
        Options = new Dictionary<string, string>(options.Select(o => KeyValuePair.Create(o.Key, o.Value))) { ["set.output"] = Folder.At("out") },
    };

    public async Task WaitForAsync(string job, params JobState[] states) =>
        await Eventually.IsTrueAsync(async () => Array.IndexOf(states, (await Service.GetAsync(job)).Job.State) >= 0, $"job {job} to be {string.Join(" or ", states)}");

    /// <summary>The last count of each sensor in the committed files.</summary>
    public Dictionary<string, long> Counts() => SampleOutput.Counts(Folder.At("out"));

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        await _cluster.DisposeAsync();
        Folder.Dispose();
    }
}

/// <summary>A job that is built in.</summary>
public sealed class BuiltInJob : IStreamJob
{
    /// <inheritdoc/>
    public void Define(StreamEnvironment env) =>
        env.FromSource(GeneratorSource.Of(i => i, env.Arguments.Get("count", 100)), WatermarkStrategy.None<long>()).WithUid("numbers").Collect("numbers");
}
