using OrleansStream.Hosting.Checkpointing;

namespace OrleansStream.Connectors.Files;

/// <summary>Makes the folder of a sink, durably.</summary>
internal static class SinkFolder
{
    public static void Make(string operatorName, string path)
    {
        try
        {
            string full = Path.GetFullPath(path);
            List<string> missing = [];
            for (string? folder = full; folder is not null && !Directory.Exists(folder); folder = Path.GetDirectoryName(folder))
            {
                missing.Add(folder);
            }

            Directory.CreateDirectory(full);
            foreach (string made in missing)
            {
                if (Path.GetDirectoryName(made) is { } parent && !OperatingSystem.IsWindows())
                {
                    UnixFiles.SyncDirectory(parent);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw File.Exists(path)
                ? new ConnectorException($"Sink '{operatorName}': '{path}' is a file, and the output of a file sink is a folder. Give another path.", e)
                : SinkFailure.Describe(operatorName, "made a folder", path, e);
        }
    }
}
