using OrleansStream.Silo;
using OrleansStream.Silo.Azure;

return await SiloHost.RunAsync(args, AzureCluster.Join);
