using System.Text;
using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed class FileBadRecordTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("{\"sensor\":\"a\",\"value\":", "JSON")]
    [InlineData("{\"sensor\":\"a\",\"value\":1} x", "JSON")]
    [InlineData("nonsense", "JSON")]
    [InlineData("null", "null")]
    [InlineData("{\"sensor\":\"a\",\"value\":\"one\"}", "$.value")]
    [InlineData("{\"sensor\":\"a\",\"value\":99999999999999999999999999}", "$.value")]
    [InlineData("{\"sensor\":\"a\",\"value\":1.5}", "$.value")]
    [InlineData("{\"sensor\":\"a\",\"value\":1,\"time\":\"yesterday\"}", "$.time")]
    public void A_malformed_JSON_line_is_named_by_file_and_line(string line, string reason)
    {
        string path = Write("x.jsonl", "{\"sensor\":\"a\",\"value\":1}\r\n\r\n" + line + "\n{\"sensor\":\"b\",\"value\":2}\n");
        ReaderHarness<Reading> harness = ReaderHarness<Reading>.ReadAll(FileSource.JsonLines(path, ConnectorJson.Default.Reading));
        Assert.Equal([new Reading("a", 1), new Reading("b", 2)], harness.Values);
        BadRecord bad = Assert.Single(harness.Bad);
        Assert.Equal($"{path}:3", bad.Where);
        Assert.Contains(reason, bad.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("LineNumber", bad.Reason, StringComparison.Ordinal);
        Assert.Equal(line, bad.Content);
    }

    [Fact]
    public void A_bad_record_in_a_range_is_named_by_its_byte()
    {
        string path = Write("x.jsonl", "{\"sensor\":\"a\",\"value\":1}\nbad\n");
        ReaderHarness<Reading> harness = ReaderHarness<Reading>.ReadAll(FileSource.JsonLines(path, ConnectorJson.Default.Reading).WithSplitBytes(20));
        Assert.Equal($"{path}, byte 25 (line 1 of the range from byte 20 on)", Assert.Single(harness.Bad).Where);
    }

    [Fact]
    public void Invalid_UTF8_is_bad_in_lines_and_in_JSON_strings()
    {
        string path = _folder.File("x");
        File.WriteAllBytes(path, [.. "ok\n"u8, 0xC3, 0x28, .. "\nok\n"u8]);
        ReaderHarness<string> lines = ReaderHarness<string>.ReadAll(FileSource.Lines(path));
        Assert.Equal(["ok", "ok"], lines.Values);
        Assert.Equal($"{path}:2", Assert.Single(lines.Bad).Where);

        File.WriteAllBytes(path, [.. "{\"sensor\":\""u8, 0xC3, 0x28, .. "\",\"value\":1}\n"u8]);
        ReaderHarness<Reading> json = ReaderHarness<Reading>.ReadAll(FileSource.JsonLines(path, ConnectorJson.Default.Reading));
        Assert.Empty(json.Values);
        Assert.Single(json.Bad);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(64)]
    [InlineData(1000)]
    public void A_line_that_is_too_long_is_left_out_whatever_the_blocks(int block)
    {
        string path = Write("x.txt", $"a\n{new string('b', 500)}\nc\n{new string('d', 300)}");
        FileSource<string> source = FileSource.Lines(path).WithMaxLineBytes(100).WithBlockBytes(block);
        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(source);
        Assert.Equal(["a", "c"], harness.Values);
        Assert.Equal([$"{path}:2", $"{path}:4"], harness.Bad.Select(b => b.Where));
        Assert.Contains("501 bytes", harness.Bad[0].Reason, StringComparison.Ordinal);
        Assert.Contains("WithMaxLineBytes", harness.Bad[0].Reason, StringComparison.Ordinal);
        Assert.StartsWith("bbb", harness.Bad[0].Content, StringComparison.Ordinal);
        Assert.InRange(harness.Bad[0].Content.Length, 100, 201);
    }

    private string Write(string name, string content)
    {
        string path = _folder.File(name);
        File.WriteAllText(path, content, new UTF8Encoding(false));
        return path;
    }
}
