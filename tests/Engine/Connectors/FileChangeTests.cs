using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

/// <summary>Files that change: what was read must stay, and watched ones may grow.</summary>
public sealed class FileChangeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_that_is_gone_cut_or_replaced_is_named_with_a_remedy()
    {
        string path = Write("x.txt", "one\ntwo\nthree\n");
        List<SourceSplit> position = PositionAfter(path, 2);

        File.Delete(path);
        Refused(path, position, "is gone", "without the checkpoint");
        Write("x.txt", "one\n");
        Refused(path, position, "has 4 bytes, but 8 are known", "without the checkpoint");
        Write("x.txt", "ONE\nTWO\nTHREE\n");
        Refused(path, position, "is not the file that was read", "without the checkpoint");

        Write("x.txt", "one\ntwo\nthree, longer\nfour\n");
        using ReaderHarness<string> harness = new(FileSource.Lines(path));
        Assert.Equal(["three, longer", "four"], harness.Add(position).ReadToEnd().Values);
    }

    [Fact]
    public void A_file_that_vanished_before_it_was_read_is_an_error()
    {
        string path = Write("x.txt", "one\n");
        using ReaderHarness<string> harness = new(FileSource.Lines(path));
        harness.Add(harness.Discover(FileSource.Lines(path)));
        File.Delete(path);
        Assert.Contains("gone before it was read", Assert.Throws<ConnectorException>(() => harness.Poll()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watched_folder_gives_new_files_and_follows_those_that_grow()
    {
        FileSource<string> source = FileSource.Lines(_folder.File("in")).Watch(TimeSpan.FromSeconds(5));
        using ReaderHarness<string> harness = new(source);
        using ISplitEnumerator enumerator = source.CreateEnumerator(harness.Context);
        Assert.Equal(TimeSpan.FromSeconds(5), enumerator.DiscoveryInterval);
        Assert.Empty(enumerator.Discover());

        Directory.CreateDirectory(_folder.File("in"));
        string a = Write("in/a.txt", "a1\na2 beg");
        harness.Add(enumerator.Discover()).ReadAvailable();
        Assert.Equal(["a1"], harness.Values);
        Assert.Equal(harness.Context.NowMs + 5000, harness.Context.WakeAtMs);

        File.AppendAllText(a, "un\na3\n");
        harness.ReadAvailable();
        Assert.Equal(["a1"], harness.Values);
        harness.Context.NowMs += 5000;
        harness.ReadAvailable();
        Assert.Equal(["a1", "a2 begun", "a3"], harness.Values);

        Write("in/b.txt", "b1\n");
        harness.Add(enumerator.Discover().Where(s => s.Id == "b.txt")).ReadAvailable();
        Assert.Equal("b1", harness.Values[^1]);

        // Read to its end, it may go.
        File.Delete(a);
        harness.Context.NowMs += 5000;
        harness.ReadAvailable();
        Assert.Equal(["b.txt"], harness.Snapshot().Select(s => s.Id));
        Assert.Empty(harness.Bad);
    }

    [Fact]
    public void A_watched_file_goes_on_after_a_restore_and_may_have_gone_if_it_was_read()
    {
        string path = Write("x.txt", "one\ntwo\n");
        FileSource<string> source = FileSource.Lines(path).Watch(TimeSpan.FromSeconds(1));
        using ReaderHarness<string> first = new(source);
        first.Add(first.Discover(source)).ReadAvailable();
        List<SourceSplit> position = first.Snapshot();

        File.AppendAllText(path, "three\n");
        using ReaderHarness<string> second = new(source);
        Assert.Equal(["three"], second.Add(position).ReadAvailable().Values);

        File.Delete(path);
        using ReaderHarness<string> third = new(source);
        third.Add(position).ReadAvailable();
        Assert.True(third.HasEnded);
    }

    [Fact]
    public void A_watched_file_that_goes_before_it_was_read_is_not_taken_for_read()
    {
        string path = Write("x.txt", "one\nunfinished");
        FileSource<string> source = FileSource.Lines(path).Watch(TimeSpan.FromSeconds(1));
        using ReaderHarness<string> first = new(source);
        first.Add(first.Discover(source)).ReadAvailable();
        List<SourceSplit> position = first.Snapshot();
        File.Delete(path);
        first.Context.NowMs += 1000;
        first.ReadAvailable();
        Assert.True(first.HasEnded);
        Assert.Equal($"{path}:2", Assert.Single(first.Bad).Where);

        using ReaderHarness<string> second = new(source);
        second.Add(position);
        Assert.Contains("is gone", Assert.Throws<ConnectorException>(() => second.Poll()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watched_file_that_grew_is_at_its_end_only_when_that_was_read()
    {
        string path = Write("x.txt", "one\n");
        FileSource<string> source = FileSource.Lines(path).Watch(TimeSpan.FromSeconds(1));
        using ReaderHarness<string> first = new(source);
        first.Add(first.Discover(source)).ReadAvailable();
        File.AppendAllText(path, "two\nthree\n");
        first.Context.NowMs += 1000;
        first.Poll(1);
        List<SourceSplit> position = first.Snapshot();
        File.Delete(path);
        using ReaderHarness<string> second = new(source);
        second.Add(position);
        Assert.Contains("is gone", Assert.Throws<ConnectorException>(() => second.Poll()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one\n", "has 4 bytes, but 8 are known")]
    [InlineData("ONE\nTWO\nTHREE\n", "is not the file that was read")]
    public void A_watched_file_that_is_cut_or_replaced_fails(string content, string reason)
    {
        string path = Write("x.txt", "one\ntwo\n");
        FileSource<string> source = FileSource.Lines(path).Watch(TimeSpan.FromSeconds(1));
        using ReaderHarness<string> harness = new(source);
        harness.Add(harness.Discover(source)).ReadAvailable();
        Write("x.txt", content);
        harness.Context.NowMs += 1000;
        Assert.Contains(reason, Assert.Throws<ConnectorException>(() => harness.Poll()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watched_CSV_file_keeps_its_header_while_it_waits()
    {
        string path = Write("x.csv", "sensor,value\na,1\n");
        FileSource<Reading> source = FileSource.Csv(path, row => new Reading(row.Text("sensor"), row.Get<int>("value"))).Watch(TimeSpan.FromSeconds(1));
        using ReaderHarness<Reading> harness = new(source);
        harness.Add(harness.Discover(source)).ReadAvailable();
        File.AppendAllText(path, "b,2\n");
        using ReaderHarness<Reading> restored = new(source);
        Assert.Equal([new Reading("b", 2)], restored.Add(harness.Snapshot()).ReadAvailable().Values);
        harness.Context.NowMs += 1000;
        Assert.Equal([new Reading("a", 1), new Reading("b", 2)], harness.ReadAvailable().Values);
    }

    private static List<SourceSplit> PositionAfter(string path, int records)
    {
        using ReaderHarness<string> harness = new(FileSource.Lines(path));
        harness.Add(harness.Discover(FileSource.Lines(path))).Poll(records);
        return harness.Snapshot();
    }

    private static void Refused(string path, List<SourceSplit> position, params string[] words)
    {
        using ReaderHarness<string> harness = new(FileSource.Lines(path));
        harness.Add(position);
        ConnectorException e = Assert.Throws<ConnectorException>(() => harness.Poll());
        Assert.All(words.Append(path).Append("'reader'"), word => Assert.Contains(word, e.Message, StringComparison.Ordinal));
    }

    private string Write(string name, string content)
    {
        string path = _folder.File(name);
        File.WriteAllText(path, content);
        return path;
    }
}
