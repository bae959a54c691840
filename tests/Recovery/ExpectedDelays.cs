using System.Globalization;
using System.Text.Json;

namespace OrleansStream.Recovery;

/// <summary>What the example <c>flights</c> has to write, computed in the plainest way.</summary>
internal static class ExpectedDelays
{
    /// <summary>The rows as lines of JSON, sorted.</summary>
    public static IReadOnlyList<string> Of(int repeat)
    {
        List<(string Origin, DateTime Date, int Delay)> flights = [];
        foreach (string line in File.ReadLines(Path.Combine(AppContext.BaseDirectory, "data", "flights-20k.jsonl")))
        {
            using JsonDocument json = JsonDocument.Parse(line);
            DateTime date = DateTime.ParseExact(json.RootElement.GetProperty("date").GetString()!, "yyyy/MM/dd HH:mm", CultureInfo.InvariantCulture);
            flights.Add((json.RootElement.GetProperty("origin").GetString()!, date, json.RootElement.GetProperty("delay").GetInt32()));
        }

        var hours = flights.GroupBy(f => (f.Origin, Hour: f.Date.Date.AddHours(f.Date.Hour)))
            .Select(g => (g.Key.Origin, g.Key.Hour, Count: g.Count(), Mean: g.Sum(f => f.Delay) / (double)g.Count(), Worst: g.Max(f => f.Delay)))
            .ToList();
        return
        [
            .. Enumerable.Range(0, repeat)
                .SelectMany(round => hours.Select(h => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{{\"origin\":\"{h.Origin}\",\"hour\":\"{h.Hour.AddDays(90 * round):yyyy-MM-ddTHH:mm:ss}+00:00\",\"flights\":{h.Count},\"mean\":{h.Mean},\"worst\":{h.Worst}}}")))
                .Order(StringComparer.Ordinal),
        ];
    }
}
