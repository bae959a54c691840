using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed class OutputFolderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_folder_with_output_is_refused_with_both_ways_out()
    {
        OutputFolder.RequireEmpty(_folder.Path);
        OutputFolder.RequireEmpty(_folder.File("absent"));
        Assert.Equal(0, OutputFolder.Clear(_folder.File("absent")));
        Fill();
        Assert.False(OutputFolder.IsEmpty(_folder.Path));
        string message = Assert.Throws<OptionsException>(() => OutputFolder.RequireEmpty(_folder.Path)).Message;
        Assert.Contains("--resume", message, StringComparison.Ordinal);
        Assert.Contains("--overwrite", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Clearing_deletes_what_sinks_made_and_nothing_else()
    {
        Fill();
        FileSink.RequireEmptyOrOwned(_folder.Path);
        string[] foreign = ["part-1.txt", ".part-x.inprogress", "report.jsonl", "part-a-0123456789ab-0000000001-00000-00001-00000"];
        Array.ForEach(foreign, name => File.WriteAllText(_folder.File(name), ""));
        Directory.CreateDirectory(_folder.File("part-folder"));
        Assert.Contains("'.part-x.inprogress'", Assert.Throws<OptionsException>(() => FileSink.RequireEmptyOrOwned(_folder.Path)).Message, StringComparison.Ordinal);

        Assert.Equal(4, OutputFolder.Clear(_folder.Path));
        Assert.Equal(foreign.Order(StringComparer.Ordinal), Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.True(Directory.Exists(_folder.File("part-folder")));
    }

    // A visible part, a prepared one, one that is open, and a live one.
    private void Fill()
    {
        TestSinkContext context = new() { Uid = "any/uid, however odd" };
        ExactlyOnceFileSink<string> sink = FileSink.Lines(_folder.Path).WithBlockBytes(1).ExactlyOnce();
        ISinkWriter<string> writer = sink.CreateWriter(context);
        using ISinkCommitter committer = sink.CreateCommitter(context);
        writer.Write(["a"], new long[1]);
        committer.Commit(1, writer.EndEpoch(1)());
        writer.Write(["b"], new long[1]);
        writer.EndEpoch(2)();
        writer.Write(["c"], new long[1]);
        Assert.True(SpinWait.SpinUntil(() => Directory.GetFiles(_folder.Path, "*-open-*").Length > 0, TimeSpan.FromSeconds(30)));
        using ISinkWriter<string> live = FileSink.Lines(_folder.Path).CreateWriter(context);
        live.Write(["d"], new long[1]);
        live.EndEpoch(1)();
    }
}
