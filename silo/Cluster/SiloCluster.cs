using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Configuration;
using Orleans.Hosting;
using OrleansStream.Grains;
using OrleansStream.Service;
using StackExchange.Redis;

namespace OrleansStream.Silo;

/// <summary>Makes the process a silo of a cluster.</summary>
internal static class SiloCluster
{
    private const string PostgresInvariant = "Npgsql";

    // Nobody connects to a silo as an Orleans client: REST is the door.
    private const int NoGateway = 0;

    public static void AddCluster(this WebApplicationBuilder builder, SiloSettings settings, Action<ISiloBuilder, SiloSettings>? joinAzure)
    {
        builder.Services.AddSingleton(settings.Jobs);
        builder.Services.AddSingleton<IJobCatalog, PackageJobs>();
        builder.Services.AddSingleton<IJobService, ClusterJobService>();
        builder.Host.UseOrleans((_, silo) => Configure(silo, settings, joinAzure));

        // Added after the silo, so that it ends before: jobs get a checkpoint while everything runs.
        builder.Services.AddHostedService<HandOver>();
    }

    private static void Configure(ISiloBuilder silo, SiloSettings settings, Action<ISiloBuilder, SiloSettings>? joinAzure)
    {
        silo.Configure<ClusterOptions>(cluster =>
        {
            cluster.ClusterId = settings.ClusterId;
            cluster.ServiceId = settings.ServiceId;
        });
        silo.Configure<SiloOptions>(options => options.SiloName = settings.Name);
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = settings.ProbeTimeout;
            membership.NumMissedProbesLimit = settings.MissedProbes;
        });
        Listen(silo, settings);
        Join(silo, settings, joinAzure);
        silo.AddOrleansStream(options =>
        {
            options.CheckpointDirectory = Path.GetFullPath(settings.Jobs.CheckpointDirectory);
            options.Workers = settings.Workers;
            options.Heartbeat = settings.Heartbeat;
            options.KeyPatience = settings.Jobs.KeyPatience;
        });
    }

    private static void Listen(ISiloBuilder silo, SiloSettings settings)
    {
        if (settings.Cluster == ClusterKind.Localhost)
        {
            return;
        }

        if (settings.Address is { } address)
        {
            IPAddress ip = IPAddress.Parse(address);
            silo.ConfigureEndpoints(ip, settings.Port, NoGateway, listenOnAnyHostAddress: !IPAddress.IsLoopback(ip));
        }
        else
        {
            silo.ConfigureEndpoints(settings.Port, NoGateway, listenOnAnyHostAddress: true);
        }
    }

    private static void Join(ISiloBuilder silo, SiloSettings settings, Action<ISiloBuilder, SiloSettings>? joinAzure)
    {
        string connection = settings.ConnectionString ?? "";
        switch (settings.Cluster)
        {
            case ClusterKind.Localhost:
                IPEndPoint? primary = settings.PrimaryPort == settings.Port ? null : new IPEndPoint(IPAddress.Loopback, settings.PrimaryPort);
                silo.UseLocalhostClustering(settings.Port, NoGateway, primary, settings.ServiceId, settings.ClusterId);
                break;
            case ClusterKind.Postgres:
                silo.UseAdoNetClustering(options => (options.Invariant, options.ConnectionString) = (PostgresInvariant, connection));
                silo.UseAdoNetReminderService(options => (options.Invariant, options.ConnectionString) = (PostgresInvariant, connection));
                silo.AddAdoNetGrainStorage(OrleansStreamSiloOptions.StorageName, options => (options.Invariant, options.ConnectionString) = (PostgresInvariant, connection));
                break;
            case ClusterKind.Redis:
                silo.UseRedisClustering(options => options.ConfigurationOptions = ConfigurationOptions.Parse(connection));
                silo.UseRedisReminderService(options => options.ConfigurationOptions = ConfigurationOptions.Parse(connection));
                silo.AddRedisGrainStorage(OrleansStreamSiloOptions.StorageName, options => options.ConfigurationOptions = ConfigurationOptions.Parse(connection));
                break;
            case ClusterKind.Azure when joinAzure is not null:
                joinAzure(silo, settings);
                break;
            default:
                throw new OptionsException($"cluster.kind = {settings.Cluster}: this silo was built without it.");
        }
    }
}
