namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Patterns as whole jobs.</summary>
internal static class PatternJobs
{
    private const int WithinMs = 200;

    public static GoldenJob LowThenHigh()
    {
        Reading[][] splits = Reading.Splits(3, 150);
        List<string> expected = [];
        foreach (IGrouping<int, Reading> key in splits.SelectMany(s => s).GroupBy(r => r.Key))
        {
            Reading[] inOrder = [.. key.OrderBy(r => r.Time)];
            for (int i = 0; i < inOrder.Length; i++)
            {
                int high = inOrder[i].Value < 30 ? Array.FindIndex(inOrder, i + 1, r => r.Value > 2 * inOrder[i].Value + 30) : -1;
                if (high >= 0 && inOrder[high].Time - inOrder[i].Time < WithinMs)
                {
                    expected.Add($"{key.Key}: {inOrder[i]} {inOrder[high]}");
                }
            }
        }

        return new GoldenJob("pattern", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .Match(Pattern.Begin<Reading>("low").Where(r => r.Value < 30)
                .FollowedBy("high").Where((r, match) => r.Value > (2 * match["low"][0].Value) + 30)
                .Within(TimeSpan.FromMilliseconds(WithinMs)))
            .Process<string>((key, match, output) => output.Emit($"{key}: {match["low"][0]} {match["high"][0]}"))
            .Collect("out");
    }
}
