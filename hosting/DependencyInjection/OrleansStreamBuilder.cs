using Microsoft.Extensions.DependencyInjection;

namespace OrleansStream.Hosting;

/// <summary>Adds jobs to an application.</summary>
public sealed class OrleansStreamBuilder
{
    private readonly Func<JobOptions, JobOptions> _configure;

    internal OrleansStreamBuilder(IServiceCollection services, Func<JobOptions, JobOptions> configure)
    {
        Services = services;
        _configure = configure;
    }

    /// <summary>The application's services.</summary>
    public IServiceCollection Services { get; }

    /// <summary>Adds a job that starts with the host.</summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    /// <param name="configure">Changes the options for this job; below <c>OrleansStream:Jobs:&lt;type&gt;</c> the configuration can do so too.</param>
    public OrleansStreamBuilder AddJob<TJob>(Func<JobOptions, JobOptions>? configure = null) where TJob : IStreamJob, new()
    {
        // A cancel is then a shutdown that took too long: what was reached must stay.
        JobOptions options = _configure(new JobOptions { Checkpointing = new CheckpointOptions { Retention = CheckpointRetention.RetainOnCancel } });
        Services.AddSingleton(new HostedJob(typeof(TJob).Name, () => new TJob(), configure?.Invoke(options) ?? options));
        return this;
    }
}

/// <summary>A job that starts with the host.</summary>
internal sealed record HostedJob(string Name, Func<IStreamJob> Create, JobOptions Defaults);
