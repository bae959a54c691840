namespace OrleansStream.Connectors.Files;

/// <summary>Turns what the operating system says into an exception that names the path and the remedy.</summary>
internal static class SinkFailure
{
    public static ConnectorException Describe(string operatorName, string verb, string path, Exception e)
    {
        string remedy = e switch
        {
            // ENOSPC, EDQUOT on Linux and BSD; ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
            IOException { HResult: 28 or 122 or 69 or unchecked((int)0x80070070) or unchecked((int)0x80070027) } =>
                "The disk or the quota is full: free space, or choose another output folder.",
            UnauthorizedAccessException => "Give the user of this process read and write access to the folder.",
            DirectoryNotFoundException => "Put the folder back; nothing may remove it while the job runs.",
            _ => "Check that the folder is on a healthy file system.",
        };
        return new ConnectorException($"Sink '{operatorName}': '{path}' cannot be {verb}: {e.Message} {remedy}", e, canRetry: true);
    }
}
