namespace OrleansStream.Hosting;

/// <summary>Looks whether a checkpoint directory can be used, before a job starts that would try for ever.</summary>
internal static class CheckpointDirectory
{
    /// <summary>Makes the directory and a file in it.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="option">The option that gave it.</param>
    /// <exception cref="OptionsException">It cannot be used; the message says why and what to do.</exception>
    public static void RequireUsable(string directory, string option = "checkpointing.directory")
    {
        string full = Path.GetFullPath(directory);
        string shown = $"{option} = {directory}";
        if (File.Exists(full))
        {
            throw new OptionsException($"{shown}: is a file. Give a directory, or remove the file.");
        }

        try
        {
            Directory.CreateDirectory(full);
            string probe = Path.Combine(full, $".tmp-{Guid.NewGuid():N}");
            using (File.Create(probe, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new OptionsException($"{shown}: cannot be written to ({e.Message}). Give the user of this process write access to it, or choose another directory.", e);
        }
    }
}
