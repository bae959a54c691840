namespace OrleansStream.Connectors.Files;

/// <summary>Hidden files, those of an epoch by themselves; durable when the epoch has ended, visible when it is committed.</summary>
internal sealed class EpochPartFiles(SinkContext context, string folder, string extension) : PartFiles(context, folder, extension)
{
    private readonly List<PartFile> _unprepared = [];

    public override bool DropsUnfinished => true;

    public override void Dispose()
    {
        foreach (PartFile part in _unprepared)
        {
            part.Dispose();
            try
            {
                File.Delete(part.Path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is hidden, and the next attempt removes it.
            }
        }

        _unprepared.Clear();
    }

    protected override string FileName(int made) => (Name with { Number = made }).Hidden;

    protected override void Begun(PartFile part) => _unprepared.Add(part);

    protected override IReadOnlyList<byte[]> FinishParts(Epoch epoch, long checkpointId)
    {
        if (epoch.Parts.Count == 0)
        {
            return [];
        }

        List<byte[]> committables = [];
        for (int i = 0; i < epoch.Parts.Count; i++)
        {
            PartFile part = epoch.Parts[i];
            part.Complete();
            PartName name = Name with { Checkpoint = PartName.Padded(checkpointId), Number = i };
            File.Move(part.Path, Path.Combine(Folder, name.Hidden), overwrite: true);
            _unprepared.Remove(part);
            committables.Add(new PartCommittable(Path.GetFullPath(Folder), name.Hidden, name.Visible, part.Length, part.Checksum, Context.Attempt).Write());
        }

        SyncFolder(Folder);
        return committables;
    }
}
