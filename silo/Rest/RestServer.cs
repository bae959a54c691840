using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>REST in an ASP.NET Core application.</summary>
public static class RestServer
{
    private static readonly TimeSpan s_readyTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Sets where and how the application listens. Called while it is configured.</summary>
    /// <param name="builder">The application.</param>
    /// <param name="options">The options, checked.</param>
    public static void AddRest(this WebApplicationBuilder builder, RestOptions options)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(options);
        builder.Services.AddSingleton(options);
        builder.Services.AddRouting();
        RestCertificate? certificate = options.Certificate is null ? null
            : RestCertificate.Load(options, (ok, option, value, rule) => _ = ok ? true : throw new OptionsException($"{option} = {value}: {rule}"));
        builder.WebHost.UseUrls(options.Url).UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            if (certificate is not null)
            {
                kestrel.ConfigureHttpsDefaults(https => (https.ServerCertificate, https.ServerCertificateChain) = certificate);
            }

            kestrel.Limits.MaxRequestBodySize = options.MaxBody;
            kestrel.AddServerHeader = false;
        });
    }

    /// <summary>Adds the middleware and endpoints. Called once, when the application is built.</summary>
    /// <param name="app">The application.</param>
    /// <param name="packages">How large an upload may be.</param>
    public static void UseRest(this WebApplication app, PackageLimits packages)
    {
        ArgumentNullException.ThrowIfNull(app);
        IJobService service = app.Services.GetRequiredService<IJobService>();
        app.UseMiddleware<Problems>();
        app.UseRouting();
        app.UseMiddleware<Gate>();
        app.MapGet($"{Gate.HealthPath}/live", () => "live");
        app.MapGet($"{Gate.HealthPath}/ready", http => ReadyAsync(http, service));
        app.MapJobService(service, packages);
    }

    // Ready is who can answer questions about jobs: in a cluster, who reaches the dispatcher.
    private static async Task ReadyAsync(HttpContext http, IJobService service)
    {
        using CancellationTokenSource timeout = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        timeout.CancelAfter(s_readyTimeout);
        try
        {
            await service.ListAsync(timeout.Token).WaitAsync(timeout.Token);
            await http.Response.WriteAsync("ready", http.RequestAborted);
        }
        catch (Exception e) when (e is not JobServiceException && !http.RequestAborted.IsCancellationRequested)
        {
            throw new JobServiceException(JobServiceError.Unavailable, $"The service does not answer yet: {e.Message}", e);
        }
    }
}
