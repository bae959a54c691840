using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansStream;
using OrleansStream.Grains;

namespace Orleans.Hosting;

/// <summary>Makes a silo run jobs.</summary>
public static class OrleansStreamSiloBuilderExtensions
{
    /// <summary>
    /// Adds the task host, the grains of jobs and subtasks, and their placement. The dispatcher's list is kept in memory, and so are reminders, unless the silo registers a storage provider of the name
    /// <see cref="OrleansStreamSiloOptions.StorageName"/> and a reminder service of its own: a deployment should, since else a list of jobs does not outlive the cluster.
    /// </summary>
    /// <param name="silo">The silo.</param>
    /// <param name="configure">Sets options.</param>
    /// <returns>Takes the jobs that are built into the silo.</returns>
    public static OrleansStreamSiloBuilder AddOrleansStream(this ISiloBuilder silo, Action<OrleansStreamSiloOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(silo);
        IServiceCollection services = silo.Services;
        OptionsBuilder<OrleansStreamSiloOptions> options = services.AddOptions<OrleansStreamSiloOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton<IConfigurationValidator, OrleansStreamSiloOptionsValidator>();
        services.TryAddSingleton<IJobCatalog, BuiltInJobs>();
        services.TryAddSingleton<CollectedResults>();
        services.AddSingleton<TaskHostClient>();
        services.AddSingleton<SiloTable>();
        services.AddSingleton<SiloNode>();
        services.AddSingleton<ClusterJobs>();
        services.AddSingleton<KeyCourier>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloDuties>();
        silo.AddGrainService<TaskHostService>();
        services.AddPlacementDirector<JobPlacement, JobPlacementDirector>();
        services.AddPlacementDirector<SubtaskPlacement, SubtaskPlacementDirector>();
        services.AddPlacementDirector<KeyPlacement, KeyPlacementDirector>();
        if (!services.Any(s => s.ServiceType == typeof(IGrainStorage) && s.IsKeyedService && Equals(s.ServiceKey, OrleansStreamSiloOptions.StorageName)))
        {
            silo.AddMemoryGrainStorage(OrleansStreamSiloOptions.StorageName);
        }

        if (!services.Any(s => s.ServiceType == typeof(IReminderTable)))
        {
            silo.UseInMemoryReminderService();
        }

        return new OrleansStreamSiloBuilder(silo);
    }
}

/// <summary>Takes the jobs that are built into a silo.</summary>
public sealed class OrleansStreamSiloBuilder
{
    internal OrleansStreamSiloBuilder(ISiloBuilder silo) => Silo = silo;

    /// <summary>The silo.</summary>
    public ISiloBuilder Silo { get; }

    /// <summary>Builds a job into the silo, so that it can be submitted by the name of its type.</summary>
    /// <typeparam name="TJob">The job's type.</typeparam>
    public OrleansStreamSiloBuilder AddJob<TJob>() where TJob : IStreamJob, new() =>
        AddJob(typeof(TJob).FullName!, () => new TJob(), BuiltInJobs.BuildOf(typeof(TJob)));

    /// <summary>Builds a job into the silo.</summary>
    /// <param name="job">The name that it is submitted by.</param>
    /// <param name="create">Makes a job object for each call of <see cref="IStreamJob.Define"/>; any thread.</param>
    /// <param name="build">The version of its code: silos with different ones do not run the job together.</param>
    public OrleansStreamSiloBuilder AddJob(string job, Func<IStreamJob> create, string build)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(job);
        ArgumentNullException.ThrowIfNull(create);
        ArgumentException.ThrowIfNullOrWhiteSpace(build);
        Silo.Services.AddSingleton(new JobCode(job, create, build));
        return this;
    }
}

/// <summary>Refuses wrong options before the silo starts, all at once.</summary>
internal sealed class OrleansStreamSiloOptionsValidator(IOptions<OrleansStreamSiloOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        IReadOnlyList<string> errors = options.Value.Validate();
        if (errors.Count > 0)
        {
            throw new OrleansConfigurationException($"{errors.Count} option{(errors.Count == 1 ? "" : "s")} of {nameof(OrleansStreamSiloOptions)}:\n  {string.Join("\n  ", errors)}");
        }
    }
}
