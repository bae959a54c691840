using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OrleansStream.Client;
using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Service;

namespace OrleansStream.SiloTests.Rest;

/// <summary>REST on a port of its own, over a job service of threads.</summary>
internal sealed class RestFixture : IAsyncDisposable
{
    public const string Token = "token-for-everyone";
    public const string AdminToken = "token-for-the-admin";

    private readonly WebApplication _app;

    private RestFixture(ServiceFixture jobs, WebApplication app)
    {
        Jobs = jobs;
        _app = app;
        Url = app.Urls.Single();
    }

    public ServiceFixture Jobs { get; }

    public string Url { get; }

    /// <summary>What it answers: method and path, with braces for what is filled in.</summary>
    public IEnumerable<string> Endpoints =>
        from endpoint in _app.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods
        select $"{method} {endpoint.RoutePattern.RawText}";

    public static async Task<RestFixture> StartAsync(Func<RestOptions, RestOptions>? configure = null, Func<IJobService, IJobService>? wrap = null, PackageLimits? limits = null)
    {
        ServiceFixture jobs = new();
        RestOptions options = new() { Url = "http://127.0.0.1:0", AdminToken = AdminToken };
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.AddRest(configure?.Invoke(options) ?? options);
        builder.Services.AddSingleton(wrap?.Invoke(jobs.Service) ?? jobs.Service);
        WebApplication app = builder.Build();
        app.UseRest(limits ?? new PackageLimits());
        await app.StartAsync();
        return new RestFixture(jobs, app);
    }

    public StreamClient Connect(string? token = AdminToken) =>
        StreamClient.Connect(Url, new StreamClientOptions { Token = token, PollInterval = TimeSpan.FromMilliseconds(20), RetryFor = TimeSpan.FromSeconds(5), RetryDelay = TimeSpan.FromMilliseconds(5) });

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Jobs.DisposeAsync();
    }
}
