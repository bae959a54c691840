namespace OrleansStream.TestKit;

/// <summary>A service provider of given objects, found by their types.</summary>
public sealed class SeededServices : IServiceProvider
{
    private readonly object[] _services;

    /// <summary>Creates the provider.</summary>
    /// <param name="services">The objects; the first that is of a requested type is given.</param>
    public SeededServices(params object[] services)
    {
        _services = services;
    }

    /// <summary>The same objects and one more, behind them.</summary>
    internal SeededServices With(object service) => new([.. _services, service]);

    /// <inheritdoc/>
    public object? GetService(Type serviceType) => Array.Find(_services, serviceType.IsInstanceOfType);
}
