using System.Text;
using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed class FileSourceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("a\nb\nc\n")]
    [InlineData("a\nb\nc")]
    [InlineData("a\r\nb\r\nc\r\n")]
    [InlineData("a\r\nb\nc\r")]
    [InlineData("\n\na\n\r\nb\n\nc\n\n")]
    [InlineData("\uFEFFa\nb\nc")]
    public void Lines_end_with_LF_or_CRLF_or_the_file(string content)
    {
        foreach (int block in (int[])[1, 2, 3, 5, 100])
        {
            Assert.Equal(["a", "b", "c"], ReaderHarness<string>.ReadAll(FileSource.Lines(Write("x.txt", content)).WithBlockBytes(block)).Values);
        }
    }

    [Fact]
    public void An_empty_file_and_one_with_only_a_mark_have_no_records()
    {
        Assert.Empty(ReaderHarness<string>.ReadAll(FileSource.Lines(Write("x.txt", ""))).Values);
        Assert.Empty(ReaderHarness<string>.ReadAll(FileSource.Lines(Write("y.txt", "\uFEFF"))).Values);
    }

    [Fact]
    public void A_file_in_UTF16_is_refused_by_name()
    {
        string path = _folder.File("x.txt");
        File.WriteAllText(path, "a\nb", Encoding.Unicode);
        ConnectorException e = Assert.Throws<ConnectorException>(() => ReaderHarness<string>.ReadAll(FileSource.Lines(path)));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains("UTF-16", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_gives_its_visible_files_in_order_of_name()
    {
        Write("b.txt", "3\n4");
        Write("a.txt", "1\n2");
        Write(".part-hidden.inprogress", "no");
        Directory.CreateDirectory(_folder.File("sub"));
        Write("sub/c.txt", "no");
        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(FileSource.Lines(_folder.Path));
        Assert.Equal(["1", "2", "3", "4"], harness.Values.Order());
        Assert.Equal(["a.txt", "b.txt"], harness.Discover(FileSource.Lines(_folder.Path)).Select(s => s.Id));
    }

    [Theory]
    [InlineData("*.txt", "a.txt,b.txt")]
    [InlineData("?.csv", "c.csv")]
    [InlineData("sub/*.txt", "sub/d.txt")]
    [InlineData("s*/*", "sub/d.txt,sub/e.csv")]
    [InlineData("**/*.txt", "a.txt,b.txt,sub/d.txt,sub/deep/f.txt")]
    [InlineData("**", "a.txt,b.txt,c.csv,sub/d.txt,sub/deep/f.txt,sub/e.csv")]
    [InlineData("sub/**/f.txt", "sub/deep/f.txt")]
    public void A_pattern_finds_files(string pattern, string names)
    {
        Directory.CreateDirectory(_folder.File("sub/deep"));
        foreach (string name in (string[])["a.txt", "b.txt", "c.csv", "sub/d.txt", "sub/e.csv", "sub/deep/f.txt", ".hidden.txt"])
        {
            Write(name, name);
        }

        FileSource<string> source = FileSource.Lines(_folder.File(pattern));
        using ReaderHarness<string> harness = new(source);
        IReadOnlyList<SourceSplit> splits = harness.Discover(source);
        int common = pattern.LastIndexOf('/') is var slash and > 0 && !pattern[..slash].Contains('*') ? slash + 1 : pattern.StartsWith("sub/", StringComparison.Ordinal) ? 4 : 0;
        Assert.Equal(names.Split(','), splits.Select(s => pattern[..common] + s.Id));
        Assert.Equal(names.Split(','), harness.Add(splits).ReadToEnd().Values.Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("absent.txt")]
    [InlineData("*.absent")]
    [InlineData("absent/*.txt")]
    public void Nothing_to_read_is_an_error_that_names_the_path(string name)
    {
        string path = _folder.File(name);
        ConnectorException e = Assert.Throws<ConnectorException>(() => ReaderHarness<string>.ReadAll(FileSource.Lines(path)));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_cut_into_ranges_gives_each_line_once()
    {
        Random random = new(7);
        for (int round = 0; round < 200; round++)
        {
            List<string> lines = [.. Enumerable.Range(0, random.Next(1, 30)).Select(i => $"{i}:" + new string('x', random.Next(0, 20)))];
            string path = Write("x.txt", string.Join(random.Next(2) == 0 ? "\n" : "\r\n", lines) + (random.Next(2) == 0 ? "\n" : ""));
            FileSource<string> source = FileSource.Lines(path).WithSplitBytes(random.Next(1, 60)).WithBlockBytes(random.Next(1, 40));
            Assert.Equal(lines.Order(), ReaderHarness<string>.ReadAll(source).Values.Order());
        }
    }

    [Fact]
    public void Small_files_stay_whole_and_CSV_files_always_do()
    {
        string path = Write("x.txt", new string('\n', 1000));
        using ReaderHarness<string> harness = new(FileSource.Lines(path));
        Assert.Single(harness.Discover(FileSource.Lines(path)));
        Assert.Equal(10, harness.Discover(FileSource.Lines(path).WithSplitBytes(100)).Count);
        using ReaderHarness<Reading> csv = new(FileSource.Csv<Reading>(path));
        Assert.Single(csv.Discover(FileSource.Csv<Reading>(path).WithSplitBytes(100)));
    }

    [Fact]
    public void More_files_than_may_be_open_are_read_in_turn()
    {
        for (int i = 0; i < 20; i++)
        {
            Write($"{i:D2}.txt", $"{i}\n{i}\n");
        }

        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(FileSource.Lines(_folder.Path).WithMaxOpenFiles(3));
        Assert.Equal(40, harness.Values.Count);
    }

    [Fact]
    public void Repeat_shifts_the_later_rounds_only()
    {
        string path = Write("x.txt", "a\nb");
        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(FileSource.Lines(path).Repeat(3, (line, round) => $"{line}{round}"));
        Assert.Equal(["a", "b", "a1", "b1", "a2", "b2"], harness.Values);
        Assert.Throws<JobDefinitionException>(() => FileSource.Lines(path).Repeat(2, (line, _) => line).Watch(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Every_setting_returns_a_copy()
    {
        FileSource<string> source = FileSource.Lines("x");
        Assert.True(source.IsBounded);
        Assert.False(source.Watch(TimeSpan.FromSeconds(1)).IsBounded);
        Assert.True(source.IsBounded);
        Assert.Equal("lines x", source.Description);
        Assert.Equal("JSON lines flights.jsonl", FileSource.JsonLines("flights.jsonl", ConnectorJson.Default.Reading).Description);
    }

    private string Write(string name, string content)
    {
        string path = _folder.File(name);
        File.WriteAllText(path, content);
        return path;
    }
}
