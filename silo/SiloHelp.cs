namespace OrleansStream.Silo;

/// <summary>What <c>--help</c> prints.</summary>
internal static class SiloHelp
{
    public static void Write(TextWriter output)
    {
        output.WriteLine("Runs a silo: jobs are submitted to it by REST (ostream submit).");
        output.WriteLine();
        output.WriteLine("Examples:");
        output.WriteLine("  OrleansStream.Silo --checkpoints.directory ckpt --packages.directory packages --rest.admin-token 0123456789abcdef");
        output.WriteLine("  OSILO_CLUSTER__KIND=redis OSILO_CLUSTER__CONNECTION_STRING=redis:6379 OrleansStream.Silo --config silo.json");
        output.WriteLine();
        output.WriteLine($"Options come from the command line, before the environment (OSILO_REST__MAX_BODY), before the file {SiloSettingsReader.FileName} or that of --config.");
        output.WriteLine();
        foreach (SiloOption option in SiloOptionCatalog.All)
        {
            output.WriteLine($"  --{option.Key} <{option.Type}>");
            output.WriteLine($"      {option.Description} Default: {option.Default}.");
        }

        output.WriteLine($"  --{SiloSettingsReader.JobPrefix}<option of jobs> <value>");
        output.WriteLine("      What holds for jobs that do not give it; see ostream run --help.");
        output.WriteLine();
        output.WriteLine("Exit codes: 0 ended when told to, 1 failed (the reason on the standard error stream), 2 wrong use.");
    }
}
