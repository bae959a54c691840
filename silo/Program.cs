using OrleansStream.Silo;

return await SiloHost.RunAsync(args);
