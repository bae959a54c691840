using System.Globalization;

namespace OrleansStream.SiloTests.Service;

/// <summary>What the job that counts has committed.</summary>
internal static class SampleOutput
{
    /// <summary>The last count of each sensor. Exactly once: the counts of a sensor are 1, 2, 3 … without a gap or a repetition.</summary>
    public static Dictionary<string, long> Counts(string folder) => Directory.EnumerateFiles(folder, "part-*")
        .SelectMany(f => File.ReadLines(f).Skip(1))
        .Select(l => l.Split(','))
        .GroupBy(l => $"{l[0]}/{l[1]}")
        .ToDictionary(g => g.Key, g =>
        {
            long[] counts = [.. g.Select(l => long.Parse(l[2], CultureInfo.InvariantCulture)).Order()];
            Assert.Equal(Enumerable.Range(1, counts.Length).Select(i => (long)i), counts);
            return (long)counts.Length;
        });
}
