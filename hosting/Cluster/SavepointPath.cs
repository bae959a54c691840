using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Hosting.Checkpointing;

namespace OrleansStream.Hosting;

/// <summary>Finds a savepoint that was given as a path: in the job's own store, or anywhere in the file system.</summary>
internal static class SavepointPath
{
    public static (ICheckpointStore Store, string MetadataPath) Open(string path, ICheckpointStore own)
    {
        if (path.StartsWith("file://", StringComparison.Ordinal))
        {
            path = new Uri(path).LocalPath;
        }

        string folder = Path.GetFileName(path) == CheckpointLayout.MetadataName ? Path.GetDirectoryName(path) ?? "" : path;
        if (!Path.IsPathRooted(folder) && IsIn(own, folder))
        {
            return (own, CheckpointLayout.MetadataFile(folder));
        }

        string full = Path.GetFullPath(folder);
        if (!File.Exists(Path.Combine(full, CheckpointLayout.MetadataName)))
        {
            throw new StateRestoreException(
                $"There is no savepoint in '{path}': the file '{CheckpointLayout.MetadataName}' is missing. Give the folder that the savepoint was written to.");
        }

        return (new FileSystemCheckpointStore(Path.GetDirectoryName(full)!), CheckpointLayout.MetadataFile(Path.GetFileName(full)));
    }

    private static bool IsIn(ICheckpointStore store, string folder)
    {
        try
        {
            return store.Exists(CheckpointLayout.MetadataFile(folder));
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
