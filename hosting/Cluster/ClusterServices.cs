namespace OrleansStream.Hosting;

/// <summary>The services of a cluster: those of the caller, and the results that collecting sinks leave.</summary>
internal sealed class ClusterServices(IServiceProvider? outer) : IServiceProvider
{
    public CollectedResults Collected { get; } = outer?.GetService(typeof(CollectedResults)) as CollectedResults ?? new CollectedResults();

    public object? GetService(Type serviceType) =>
        serviceType == typeof(CollectedResults) ? Collected
        : serviceType == typeof(IServiceProvider) ? this
        : outer?.GetService(serviceType);
}
