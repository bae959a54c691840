using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>Builds and runs a silo.</summary>
public static partial class SiloHost
{
    /// <summary>Runs a silo as the whole of a program.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="joinAzure">What <c>cluster.kind = azure</c> does to a silo; null for a program that refuses it.</param>
    /// <param name="cancel">Ends the silo like SIGTERM.</param>
    /// <returns>The exit code: 0 ended when told to, 1 failed, 2 wrong use.</returns>
    public static async Task<int> RunAsync(string[] args, Action<ISiloBuilder, SiloSettings>? joinAzure = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(args);
        if (args.Any(a => a is "--help" or "-h" or "-?"))
        {
            SiloHelp.Write(Console.Out);
            return 0;
        }

        SiloSettings settings;
        try
        {
            settings = SiloSettingsReader.Read(args, Environment.GetEnvironmentVariables(), Directory.GetCurrentDirectory());
            RequireUsable(settings.Jobs);
        }
        catch (OptionsException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return 2;
        }

        if (settings.Cluster == ClusterKind.Azure && joinAzure is null)
        {
            await Console.Error.WriteLineAsync("cluster.kind = azure: this program has no part of Azure. Start OrleansStream.Silo.Azure instead, or use redis or postgres.").ConfigureAwait(false);
            return 2;
        }

        WebApplication app = Build(settings, joinAzure);
        await using (app.ConfigureAwait(false))
        {
            try
            {
                if (settings.Cluster == ClusterKind.Postgres)
                {
                    await PostgresSchema.EnsureAsync(settings.ConnectionString!, cancel).ConfigureAwait(false);
                }

                await app.RunAsync(cancel).ConfigureAwait(false);
                return 0;
            }
#pragma warning disable CA1031 // What ends the process is its last word.
            catch (Exception e)
#pragma warning restore CA1031
            {
                await Console.Error.WriteLineAsync($"The silo cannot go on: {e.Message}").ConfigureAwait(false);
                return 1;
            }
        }
    }

    /// <summary>Builds a silo; nothing runs yet.</summary>
    /// <param name="settings">The settings, checked.</param>
    /// <param name="joinAzure">What <c>cluster.kind = azure</c> does to a silo.</param>
    public static WebApplication Build(SiloSettings settings, Action<ISiloBuilder, SiloSettings>? joinAzure = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().SetMinimumLevel(settings.LogLevel).AddFilter("Microsoft", LogLevel.Warning).AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = settings.ShutdownTimeout);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(Catalog(settings.Jobs));
        if (settings.Cluster == ClusterKind.None)
        {
            AddLocalJobs(builder.Services, settings);
        }
        else
        {
            builder.AddCluster(settings, joinAzure);
        }

        builder.Services.AddHostedService<JobMeters>();
        builder.AddRest(settings.Rest);
        WebApplication app = builder.Build();
        app.UseRest(settings.Jobs.PackageLimits);
        app.Lifetime.ApplicationStarted.Register(() => LogReady(app.Logger, settings.Name, string.Join(", ", app.Urls)));
        return app;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Name} is ready, REST at {Url}")]
    private static partial void LogReady(ILogger logger, string name, string url);

    private static JobCatalog Catalog(JobServiceOptions options) => new(
        options.PackageDirectory is { } directory ? new PackageStore(directory, options.PackageLimits, options.MaxPackages) : null, []);

    private static void AddLocalJobs(IServiceCollection services, SiloSettings settings)
    {
        services.AddSingleton(provider => new LocalCluster(
            new LocalClusterOptions { Workers = settings.Workers }, provider, provider.GetRequiredService<ILogger<LocalCluster>>()));
        services.AddSingleton(provider => new LocalJobService(provider.GetRequiredService<LocalCluster>(), settings.Jobs, provider.GetRequiredService<JobCatalog>()));
        services.AddSingleton<IJobService>(provider => provider.GetRequiredService<LocalJobService>());
        services.AddHostedService<LocalShutdown>();
    }

    private static void RequireUsable(JobServiceOptions options)
    {
        CheckpointDirectory.RequireUsable(options.CheckpointDirectory, "checkpoints.directory");
        if (options.PackageDirectory is { } packages)
        {
            CheckpointDirectory.RequireUsable(packages, "packages.directory");
        }
    }
}

/// <summary>Stops jobs with a checkpoint when the process is told to end.</summary>
internal sealed class LocalShutdown(LocalJobService service) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => service.StopAllAsync(cancellationToken);
}
