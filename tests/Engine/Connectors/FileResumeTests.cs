using System.Text;
using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

/// <summary>A file that is read with stops and restores anywhere gives what it gives when it is read whole.</summary>
public sealed class FileResumeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Lines_read_with_random_stops_are_the_whole() => Check(
        seed: 1, random => string.Join(random.Next(2) == 0 ? "\n" : "\r\n", Enumerable.Range(0, random.Next(1, 40)).Select(_ => Word(random))),
        (path, random) => FileSource.Lines(path).WithSplitBytes(random.Next(2) == 0 ? 1 << 20 : random.Next(1, 80)));

    [Fact]
    public void Repeated_lines_read_with_random_stops_are_the_whole() => Check(
        seed: 2, random => string.Join('\n', Enumerable.Range(0, random.Next(1, 20)).Select(_ => Word(random))),
        (path, random) => FileSource.Lines(path).Repeat(random.Next(1, 5), (line, round) => line + round).WithSplitBytes(random.Next(2) == 0 ? 1 << 20 : random.Next(1, 80)));

    [Fact]
    public void JSON_lines_read_with_random_stops_are_the_whole() => Check(
        seed: 3, random => string.Join('\n', Enumerable.Range(0, random.Next(1, 30)).Select(
            i => random.Next(5) == 0 ? "{bad" : $$"""{"sensor":"{{Word(random)}}","value":{{i}}}""")),
        (path, _) => FileSource.JsonLines(path, ConnectorJson.Default.Reading).WithMaxLineBytes(60));

    [Fact]
    public void CSV_read_with_random_stops_is_the_whole() => Check(
        seed: 4, random => (random.Next(2) == 0 ? "\uFEFF" : "") + "sensor,value\r\n" + string.Concat(Enumerable.Range(0, random.Next(1, 30)).Select(
            i => random.Next(6) switch { 0 => $"\"{i}\n\"\"{Word(random)},\",{i}\r\n", 1 => $"{i}\n", 2 => "\n", _ => $"{i},{i}\n" })),
        (path, _) => FileSource.Csv(path, row => new Reading(row.Text("sensor"), row.Get<int>("value"))));

    private static string Word(Random random) => new([.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => (char)random.Next('a', 'z'))]);

    private void Check<T>(int seed, Func<Random, string> content, Func<string, Random, FileSource<T>> create)
    {
        for (int round = 0; round < 150; round++)
        {
            Random random = new((seed * 1000) + round);
            string path = _folder.File("input");
            File.WriteAllText(path, content(random), new UTF8Encoding(false));
            FileSource<T> source = create(path, random);
            ReaderHarness<T> whole = ReaderHarness<T>.ReadAll(source);

            List<T> values = [];
            List<string> bad = [];
            using ReaderHarness<T> first = new(source);
            IReadOnlyList<SourceSplit> splits = first.Discover(source);
            for (int stops = 0; splits.Count > 0; stops++)
            {
                Assert.True(stops < 10_000, "no progress");
                using ReaderHarness<T> harness = new(source.WithBlockBytes(random.Next(1, 50)));
                harness.Add(splits.OrderBy(_ => random.Next()));
                for (int polls = random.Next(0, 6); polls > 0 && !harness.HasEnded; polls--)
                {
                    harness.Poll(random.Next(1, 5));
                }

                // A checkpoint may be taken at any time, and says the same twice.
                splits = harness.Snapshot();
                Assert.Equal(splits.Select(s => Convert.ToHexString(s.Position.Span)), harness.Snapshot().Select(s => Convert.ToHexString(s.Position.Span)));
                values.AddRange(harness.Values);
                bad.AddRange(harness.Bad.Select(b => $"{b}"));
            }

            Assert.Equal(whole.Values.Select(v => $"{v}").Order(StringComparer.Ordinal), values.Select(v => $"{v}").Order(StringComparer.Ordinal));
            Assert.Equal(whole.Bad.Select(b => $"{b}").Order(StringComparer.Ordinal), bad.Order(StringComparer.Ordinal));
        }
    }
}
