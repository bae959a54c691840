using System.Globalization;
using System.Text.Json;
using OrleansStream.Client;
using OrleansStream.Hosting;

namespace OrleansStream.Examples.Sessions;

/// <summary>The program around <see cref="ViewingSessions"/>.</summary>
internal static class SessionsExample
{
    private const int Rows = 10;

    public static ExampleProgram Program { get; } = new()
    {
        Name = "sessions",
        About = "Viewing sessions of users, with pauses between them.",
        Create = () => new ViewingSessions(),
        Print = Print,
        Options =
        [
            new ExtraOption("gap", "Minutes without a view that end a session. Default: 30.") { ValueName = "minutes", IsArgument = true },
            new ExtraOption("count", "How many views are made. Default: 20000.") { ValueName = "number", IsArgument = true },
        ],
    };

    public static void Print(TextWriter output, string folder)
    {
        Viewing[] all = [.. Directory.EnumerateFiles(folder, "part-*.jsonl").SelectMany(File.ReadLines).Select(line => JsonSerializer.Deserialize(line, SessionsJson.Default.Viewing)!)];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{all.Sum(v => v.Views)} views in {all.Length} sessions; the {Rows} longest of them, of all in {folder}:"));
        output.WriteLine("user      from (UTC)        minutes  views  titles");
        foreach (Viewing v in all.OrderByDescending(v => v.To - v.From).ThenBy(v => v.User, StringComparer.Ordinal).ThenBy(v => v.From).Take(Rows))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{v.User,-8}  {v.From:yyyy-MM-dd HH:mm}  {(v.To - v.From).TotalMinutes,7:0}  {v.Views,5}  {v.Titles,6}"));
        }
    }
}
