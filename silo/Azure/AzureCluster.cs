using Azure.Data.Tables;
using Orleans.Hosting;
using OrleansStream.Grains;

namespace OrleansStream.Silo.Azure;

/// <summary>What <c>cluster.kind = azure</c> means: everything that Orleans keeps is in the tables of one storage account; a hub of Event Hubs is a stream provider, where one is given.</summary>
internal static class AzureCluster
{
    // The name that Orleans looks for: who is subscribed to which stream.
    private const string SubscriptionStorage = "PubSubStore";

    /// <summary>Configures a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="settings">The settings, checked.</param>
    public static void Join(ISiloBuilder silo, SiloSettings settings)
    {
        string account = settings.ConnectionString!;
        silo.UseAzureStorageClustering(options => options.TableServiceClient = new TableServiceClient(account));
        silo.UseAzureTableReminderService(options => options.TableServiceClient = new TableServiceClient(account));
        silo.AddAzureTableGrainStorage(OrleansStreamSiloOptions.StorageName, options => options.TableServiceClient = new TableServiceClient(account));
        if (settings.EventHubs is { Name: { } hub, ConnectionString: { } connection } hubs)
        {
            silo.AddAzureTableGrainStorage(SubscriptionStorage, options => options.TableServiceClient = new TableServiceClient(account));
            silo.AddEventHubStreams(
                hubs.Provider,
                options => options.ConfigureEventHubConnection(connection, hub, hubs.ConsumerGroup),
                options => options.TableServiceClient = new TableServiceClient(account));
        }
    }
}
