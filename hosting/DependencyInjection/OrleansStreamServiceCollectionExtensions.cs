using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansStream;
using OrleansStream.Hosting;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Runs jobs inside an application with a generic host.</summary>
public static class OrleansStreamServiceCollectionExtensions
{
    /// <summary>
    /// Adds a <see cref="LocalCluster"/> to the application. Its jobs start with the host and are stopped with it: with a final checkpoint where there is a checkpoint directory. Options come from
    /// <paramref name="configure"/>, over these from the section <c>OrleansStream</c> of the configuration, over these from <c>OSTREAM_…</c> in the environment.
    /// </summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets what holds for all jobs: <c>o => o with { Parallelism = 4 }</c>.</param>
    /// <returns>Takes the jobs.</returns>
    public static OrleansStreamBuilder AddOrleansStream(this IServiceCollection services, Func<JobOptions, JobOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddLogging();
        services.TryAddSingleton<CollectedResults>();
        services.TryAddSingleton(provider => new LocalCluster(services: provider, logger: provider.GetService<ILogger<LocalCluster>>()));
        services.TryAddSingleton<LocalJobs>();
        services.AddSingleton<IHostedService>(provider => provider.GetRequiredService<LocalJobs>());
        return new OrleansStreamBuilder(services, configure ?? (options => options));
    }
}
