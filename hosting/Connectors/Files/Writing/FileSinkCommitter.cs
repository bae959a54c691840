using OrleansStream.Hosting.Checkpointing;
using OrleansStream.Serialization;

namespace OrleansStream.Connectors.Files;

/// <summary>Makes parts visible, and removes those of earlier attempts that no checkpoint holds.</summary>
internal sealed class FileSinkCommitter(SinkContext context, string folder, FileSinkOptions options) : ISinkCommitter
{
    public void AbortUnprepared()
    {
        PartName own = PartName.Of(context, "");
        try
        {
            foreach (string path in Directory.EnumerateFiles(folder, ".part-*"))
            {
                // A file of this attempt is a sibling's that has begun already.
                if (PartName.Parse(Path.GetFileName(path), out bool isHidden) is { } name && isHidden
                    && name.Uid == own.Uid && name.Incarnation == own.Incarnation && name.Attempt < own.Attempt
                    && (name.CheckpointId is not { } checkpoint || checkpoint > context.RestoredCheckpoint))
                {
                    File.Delete(path);
                }
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SinkFailure.Describe(context.OperatorName, "cleaned", folder, e);
        }
    }

    public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
    {
        HashSet<string> touched = new(StringComparer.Ordinal);
        foreach (byte[] bytes in committables)
        {
            PartCommittable part = PartCommittable.Read(bytes);
            try
            {
                Commit(checkpointId, part, touched);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw SinkFailure.Describe(context.OperatorName, "made visible", Path.Combine(part.Folder, part.Visible), e);
            }
        }

        foreach (string changed in touched)
        {
            if (!OperatingSystem.IsWindows())
            {
                UnixFiles.SyncDirectory(changed);
            }
        }
    }

    public void Dispose()
    {
    }

    // The folder that the sink has now comes first: it may have been moved, or be mounted elsewhere.
    private void Commit(long checkpointId, PartCommittable part, HashSet<string> touched)
    {
        foreach (string place in new[] { Path.GetFullPath(folder), part.Folder }.Distinct(StringComparer.Ordinal))
        {
            FileInfo visible = new(Path.Combine(place, part.Visible));
            FileInfo hidden = new(Path.Combine(place, part.Hidden));
            if (!visible.Exists && hidden.Exists)
            {
                Verify(hidden, part);
                try
                {
                    File.Move(hidden.FullName, visible.FullName, overwrite: true);
                }
                catch (IOException) when (File.Exists(visible.FullName))
                {
                    // Another process, which is being fenced off, was quicker.
                }

                visible.Refresh();
            }

            if (!visible.Exists)
            {
                continue;
            }

            if (visible.Length != part.Length)
            {
                throw new ConnectorException(
                    $"Sink '{context.OperatorName}': '{visible.FullName}' has {visible.Length} bytes, but the part of checkpoint {checkpointId} has {part.Length}: something else wrote it. "
                    + "Move that file away.");
            }

            hidden.Refresh();
            if (hidden.Exists)
            {
                hidden.Delete();
            }

            touched.Add(place);
            return;
        }

        if (!options.AllowMissingParts)
        {
            throw new ConnectorException(
                $"Sink '{context.OperatorName}': the part '{part.Visible}' of checkpoint {checkpointId} is gone from '{part.Folder}', and so is its hidden form '{part.Hidden}'. "
                + "Put it back; or, if it was visible once and was moved away, start the job with ExactlyOnce().AllowMissingParts().");
        }
    }

    // What this attempt wrote it knows; what an earlier one wrote may have been torn by a crash of the machine.
    private void Verify(FileInfo hidden, PartCommittable part)
    {
        if (hidden.Length == part.Length && (part.Attempt == context.Attempt || Checksum(hidden) == part.Checksum))
        {
            return;
        }

        throw new ConnectorException(
            $"Sink '{context.OperatorName}': '{hidden.FullName}' is torn: it has {hidden.Length} bytes, {part.Length} were written{(hidden.Length == part.Length ? ", and not these" : "")}. "
            + "Restore the file from a backup, or start from an older checkpoint or a savepoint.");
    }

    private static ulong Checksum(FileInfo file)
    {
        XxHash64Stream checksum = new();
        byte[] block = new byte[64 << 10];
        using FileStream stream = new(file.FullName, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        int read;
        while ((read = stream.Read(block)) > 0)
        {
            checksum.Append(block.AsSpan(0, read));
        }

        return checksum.Digest();
    }
}
