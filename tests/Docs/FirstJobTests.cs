namespace OrleansStream.Docs;

/// <summary>The first job of the README does what the README says.</summary>
public sealed class FirstJobTests
{
    [Fact]
    public async Task It_writes_a_row_for_each_sensor_and_minute()
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ostream-docs-");
        try
        {
            int code = await FirstJob.Program.RunAsync(["--set", "count=600", "--set", $"output={folder.FullName}", "--parallelism", "2"]);

            string[] rows = [.. folder.EnumerateFiles("part-*").SelectMany(part => File.ReadLines(part.FullName).Skip(1)).Order(StringComparer.Ordinal)];
            Assert.Equal(0, code);
            Assert.Equal(30, rows.Length);
            Assert.StartsWith("sensor 0,1970-01-01", rows[0], StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
