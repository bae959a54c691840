using OrleansStream.Hosting.Checkpointing;

namespace OrleansStream.Connectors.Files;

/// <summary>The files that a writer makes. Called by one thread at a time.</summary>
internal abstract class PartFiles(SinkContext context, string folder, string extension) : IDisposable
{
    private int _made;

    /// <summary>Whether what no barrier has covered is thrown away at the end.</summary>
    public abstract bool DropsUnfinished { get; }

    protected string Folder => folder;

    protected PartName Name { get; } = PartName.Of(context, extension);

    protected SinkContext Context => context;

    /// <summary>Appends a block to the file of its number, which is begun if need be.</summary>
    public void Write(in Block block)
    {
        List<PartFile> parts = block.Epoch.Parts;
        string path = folder;
        try
        {
            if (parts.Count == 0 || parts[^1].Number != block.Part)
            {
                if (parts.Count > 0)
                {
                    parts[^1].Complete();
                }

                path = Path.Combine(folder, FileName(_made));
                parts.Add(new PartFile(folder, FileName(_made), block.Part));
                _made++;
                Begun(parts[^1]);
            }

            path = parts[^1].Path;
            parts[^1].Write(block.Bytes.AsSpan(0, block.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SinkFailure.Describe(context.OperatorName, "written", path, e);
        }
    }

    /// <summary>Makes an epoch durable.</summary>
    public IReadOnlyList<byte[]> Finish(Epoch epoch, long checkpointId)
    {
        try
        {
            return FinishParts(epoch, checkpointId);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw SinkFailure.Describe(context.OperatorName, "written", folder, e);
        }
    }

    public abstract void Dispose();

    protected static void SyncFolder(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            UnixFiles.SyncDirectory(folder);
        }
    }

    /// <summary>The name of a file that is begun.</summary>
    /// <param name="made">How many this writer has made before.</param>
    protected abstract string FileName(int made);

    protected abstract void Begun(PartFile part);

    protected abstract IReadOnlyList<byte[]> FinishParts(Epoch epoch, long checkpointId);
}
