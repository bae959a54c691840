using System.Globalization;
using System.Text.Json;
using OrleansStream.Client;
using OrleansStream.Hosting;

namespace OrleansStream.Examples.Fraud;

/// <summary>The program around <see cref="FraudDetection"/>.</summary>
internal static class FraudExample
{
    public const int DefaultCount = 50_000;
    public const int DefaultFrauds = 20;

    public static ExampleProgram Program { get; } = new()
    {
        Name = "fraud",
        About = "Frauds over card transactions: a generator plants them, the run ends with what was found, missed and falsely alarmed.",
        Create = () => new FraudDetection(),
        Print = (output, folder) => Print(output, folder, PlantedFrauds.Make(DefaultCount, DefaultFrauds)),
    };

    public static void Print(TextWriter output, string folder, PlantedFrauds made)
    {
        Alert[] alerts = [.. Directory.EnumerateFiles(folder, "part-*.jsonl").SelectMany(File.ReadLines).Select(line => JsonSerializer.Deserialize(line, FraudJson.Default.Alert)!)];
        output.WriteLine($"{made.Transactions.Count} transactions; the alerts are in {folder}");
        output.WriteLine("kind                  found  planted  false alarms");
        foreach (string kind in (string[])[FraudKinds.Travel, FraudKinds.Spend, FraudKinds.Testing])
        {
            HashSet<Alert> planted = [.. made.Planted.Where(a => a.Kind == kind)];
            Alert[] raised = [.. alerts.Where(a => a.Kind == kind)];
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{kind,-20}  {raised.Count(planted.Contains),5}  {planted.Count,7}  {raised.Count(a => !planted.Contains(a)),12}"));
        }
    }
}
