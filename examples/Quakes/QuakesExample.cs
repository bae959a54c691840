using System.Globalization;
using System.Text.Json;
using OrleansStream.Client;
using OrleansStream.Hosting;

namespace OrleansStream.Examples.Quakes;

/// <summary>The program around <see cref="QuakeActivity"/>.</summary>
internal static class QuakesExample
{
    private const int Rows = 10;

    public static ExampleProgram Program { get; } = new()
    {
        Name = "quakes",
        About = "Earthquakes per region in sessions of activity, out of a file that is far out of order.",
        Create = () => new QuakeActivity(),
        Print = Print,
        Options =
        [
            new ExtraOption("gap", "Hours without a quake that end a session. Default: 6.") { ValueName = "hours", IsArgument = true },
            new ExtraOption("input", "The file to read. Default: the sample of one week.") { ValueName = "file", IsArgument = true },
        ],
    };

    public static void Print(TextWriter output, string folder)
    {
        Activity[] all = [.. Directory.EnumerateFiles(folder, "part-*.jsonl").SelectMany(File.ReadLines).Select(line => JsonSerializer.Deserialize(line, QuakesJson.Default.Activity)!)];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Sum(a => a.Quakes)} quakes in {all.Length} sessions; the {Rows} largest of them, of all in {folder}:"));
        output.WriteLine("region            from (UTC)        to                quakes  strongest");
        foreach (Activity a in all.OrderByDescending(a => a.Quakes).ThenByDescending(a => a.Strongest).ThenBy(a => a.Region, StringComparer.Ordinal).ThenBy(a => a.From).Take(Rows))
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{a.Region,-16}  {a.From:yyyy-MM-dd HH:mm}  {a.To:yyyy-MM-dd HH:mm}  {a.Quakes,6}  {a.Strongest,9:0.0}"));
        }
    }
}
