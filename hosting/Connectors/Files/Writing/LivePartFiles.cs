namespace OrleansStream.Connectors.Files;

/// <summary>Visible files that grow over epochs.</summary>
internal sealed class LivePartFiles(SinkContext context, string folder, string extension) : PartFiles(context, folder, extension)
{
    private PartFile? _current;
    private bool _hasNewFiles;

    public override bool DropsUnfinished => false;

    public override void Dispose() => _current?.Dispose();

    protected override string FileName(int made) => (Name with { Checkpoint = PartName.Live, Number = made }).Visible;

    protected override void Begun(PartFile part)
    {
        _current = part;
        _hasNewFiles = true;
    }

    protected override IReadOnlyList<byte[]> FinishParts(Epoch epoch, long checkpointId)
    {
        // Files before the last one were made durable when it was begun.
        epoch.Parts.RemoveAll(part => part != _current);
        _current?.FlushToDisk();
        if (_hasNewFiles)
        {
            SyncFolder(Folder);
            _hasNewFiles = false;
        }

        return [];
    }
}
