using System.Globalization;
using System.Text.Json;

namespace OrleansStream.Examples.Flights;

/// <summary>Finds the worst rows of an output folder and prints them.</summary>
internal static class WorstDelays
{
    /// <summary>The first rows by worst delay, then mean, the largest first, then airport and hour.</summary>
    public static IReadOnlyList<HourlyDelay> Read(string output, int count) => Of(
        Directory.EnumerateFiles(output, "part-*.jsonl").SelectMany(File.ReadLines).Select(line => JsonSerializer.Deserialize(line, FlightsJson.Default.HourlyDelay)!), count);

    /// <summary>The same of rows that are given.</summary>
    public static IReadOnlyList<HourlyDelay> Of(IEnumerable<HourlyDelay> rows, int count)
    {
        Comparer<HourlyDelay> order = Comparer<HourlyDelay>.Create(Compare);
        PriorityQueue<HourlyDelay, HourlyDelay> worst = new(Comparer<HourlyDelay>.Create((a, b) => Compare(b, a)));
        foreach (HourlyDelay row in rows)
        {
            if (worst.Count < count)
            {
                worst.Enqueue(row, row);
            }
            else
            {
                worst.EnqueueDequeue(row, row);
            }
        }

        return [.. worst.UnorderedItems.Select(i => i.Element).Order(order)];
    }

    public static void Print(TextWriter output, IReadOnlyList<HourlyDelay> rows)
    {
        output.WriteLine("origin  hour (UTC)        flights     mean  worst");
        foreach (HourlyDelay row in rows)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{row.Origin,-6}  {row.Hour:yyyy-MM-dd HH:mm}  {row.Flights,7}  {row.Mean,7:0.00}  {row.Worst,5}"));
        }
    }

    private static int Compare(HourlyDelay a, HourlyDelay b)
    {
        int order = b.Worst.CompareTo(a.Worst);
        order = order != 0 ? order : b.Mean.CompareTo(a.Mean);
        order = order != 0 ? order : string.CompareOrdinal(a.Origin, b.Origin);
        return order != 0 ? order : a.Hour.CompareTo(b.Hour);
    }
}
