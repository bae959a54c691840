using System.Text;
using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public enum Light
{
    Red,
    Green,
}

public sealed record Typed(
    string Name, int Count, double? Share, DateTime At, DateTimeOffset? Seen, Light Light, bool On, Guid Id, decimal Price, string Note = "none");

public sealed class Settable
{
    public string A { get; set; } = "";

    public long B { get; init; }

    public string Both => A + B;
}

public sealed class CsvTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Columns_fill_a_record_by_name_in_any_order_and_case()
    {
        const string id = "0f8fad5b-d9cb-469f-a165-70867728950e";
        ReaderHarness<Typed> harness = Read<Typed>(
            "LIGHT,name,count,at,seen,on,id,price,share,extra\n"
            + $"green,\"Doe, \"\"J\"\"\",-5,2001-01-01 00:47,2001-01-01T00:00:00+02:00,true,{id},12.50,0.25,x\n"
            + $"1,,2147483647,2001-01-01T00:47:00Z,,False,{id},1e3,,\n");
        Assert.Empty(harness.Bad);
        Assert.Equal(
            [
                new Typed("Doe, \"J\"", -5, 0.25, Utc(47), new DateTimeOffset(2001, 1, 1, 0, 0, 0, TimeSpan.FromHours(2)), Light.Green, true, Guid.Parse(id), 12.50m),
                new Typed("", int.MaxValue, null, Utc(47), null, Light.Green, false, Guid.Parse(id), 1000m),
            ],
            harness.Values);
        Assert.Equal(DateTimeKind.Utc, harness.Values[0].At.Kind);
    }

    [Fact]
    public void Columns_fill_settable_properties()
    {
        Settable read = Assert.Single(Read<Settable>("b,a\n7,x\n").Values);
        Assert.Equal("x7", read.Both);
    }

    [Theory]
    [InlineData("a,b\n1,2\n3\n", 3, "1 field, but there are 2 columns")]
    [InlineData("a,b\n1,2\n3,4,5\n", 3, "in quotes")]
    [InlineData("a,b\n\"x\ny\",2\n3,four\n", 4, "column 'b': 'four' is no Int64")]
    [InlineData("a,b\n1,99999999999999999999\n", 2, "column 'b'")]
    [InlineData("a,c\n1,2\n", 2, "column 'b' is missing: the header has a, c")]
    [InlineData("a,b,B\n1,2,3\n", 2, "the header has the column 'b' twice")]
    [InlineData("a,b\nx\"y,1\n", 2, "field 1 has a quote inside")]
    [InlineData("a,b\n\"x\"y,1\n", 2, "field 1 goes on after its closing quote")]
    [InlineData("a,b\n\"x\"\r,1\n", 2, "field 1 goes on after its closing quote")]
    [InlineData("a,b\n1,2\n\"open,3\n", 3, "not closed")]
    public void A_bad_row_is_named_by_file_and_line(string content, int line, string reason)
    {
        ReaderHarness<Settable> harness = Read<Settable>(content);
        BadRecord bad = Assert.Single(harness.Bad);
        Assert.Equal($"{_folder.File("x.csv")}:{line}", bad.Where);
        Assert.Contains(reason, bad.Reason, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_quote_that_is_not_closed_costs_one_line()
    {
        ReaderHarness<Settable> harness = Read<Settable>("a,b\n\"open,3\nx,1\ny,2\n");
        Assert.Equal(["x1", "y2"], harness.Values.Select(v => v.Both));
        Assert.Single(harness.Bad);
    }

    [Fact]
    public void Any_text_survives_quoting()
    {
        Random random = new(5);
        const string letters = "ab,\"\n\r ;é\u00e9😀";
        for (int round = 0; round < 300; round++)
        {
            List<Settable> rows = [.. Enumerable.Range(0, random.Next(1, 8)).Select(i => new Settable { A = Text(random, letters), B = i })];
            TestSinkContext context = new();
            string folder = _folder.File($"out{round}");
            using (ISinkWriter<Settable> writer = FileSink.Csv<Settable>(folder, ["A", "B"], (row, v) => row.Text(v.A).Value(v.B)).CreateWriter(context))
            {
                writer.Write(rows.ToArray(), new long[rows.Count]);
                writer.EndEpoch(1)();
            }

            ReaderHarness<Settable> back = ReaderHarness<Settable>.ReadAll(FileSource.Csv<Settable>(folder).WithBlockBytes(random.Next(1, 50)));
            Assert.Empty(back.Bad);
            Assert.Equal(rows.Select(r => r.Both), back.Values.Select(r => r.Both));
        }
    }

    [Fact]
    public void Rows_without_a_header_and_with_another_separator_are_read()
    {
        string path = _folder.File("x.csv");
        File.WriteAllText(path, "p;1\nq;2,5\n");
        FileSource<string> source = FileSource.Csv(path, row => row.Text("k") + row.Get<double>("v"), new CsvOptions { Separator = ';', Columns = ["k", "v"] });
        ReaderHarness<string> harness = ReaderHarness<string>.ReadAll(source);
        Assert.Equal(["p1"], harness.Values);
        Assert.Contains("'2,5' is no Double", Assert.Single(harness.Bad).Reason, StringComparison.Ordinal);
        Assert.Throws<JobDefinitionException>(() => FileSource.Csv<Settable>(path, new CsvOptions { Separator = '"' }));
    }

    [Fact]
    public void A_type_that_columns_cannot_fill_is_refused_at_once()
    {
        Assert.Contains("row reader", Assert.Throws<JobDefinitionException>(() => FileSource.Csv<object>("x")).Message, StringComparison.Ordinal);
        Assert.Contains("'Inner'", Assert.Throws<JobDefinitionException>(() => FileSource.Csv<Nested>("x")).Message, StringComparison.Ordinal);
        Assert.Contains("'Inner'", Assert.Throws<JobDefinitionException>(() => FileSink.Csv<Nested>("x")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_programming_error_in_a_row_reader_is_no_bad_record()
    {
        string path = _folder.File("x.csv");
        File.WriteAllText(path, "a\n1\n");
        Assert.Throws<NullReferenceException>(() => ReaderHarness<string>.ReadAll(FileSource.Csv<string>(path, _ => throw new NullReferenceException())));
    }

    private static string Text(Random random, string letters) => string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => letters.EnumerateRunes().ElementAt(random.Next(letters.EnumerateRunes().Count()))));

    private static DateTime Utc(int minute) => new(2001, 1, 1, 0, minute, 0, DateTimeKind.Utc);

    private ReaderHarness<T> Read<T>(string content)
    {
        string path = _folder.File("x.csv");
        File.WriteAllText(path, content, new UTF8Encoding(false));
        return ReaderHarness<T>.ReadAll(FileSource.Csv<T>(path));
    }

    private sealed record Nested(string Name, Settable Inner);
}
