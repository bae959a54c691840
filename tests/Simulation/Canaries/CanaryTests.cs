using System.Runtime.CompilerServices;

namespace OrleansStream.Simulation.Canaries;

/// <summary>The patches of check.sh, which builds and runs them; here only that they still fit.</summary>
public sealed class CanaryTests
{
    public static TheoryData<string> Patches => [.. Directory.GetFiles(Here(), "*.patch").Select(p => Path.GetFileName(p)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Patches))]
    public void A_canary_fits_the_source_and_states_its_rule_and_its_seeds(string patch)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Here(), patch));
        Assert.StartsWith("rule: ", lines[0], StringComparison.Ordinal);
        Assert.InRange(int.Parse(lines[1]["seeds: ".Length..], System.Globalization.CultureInfo.InvariantCulture), 1, 500);
        string root = Path.Combine(Here(), "..", "..", "..");
        string? source = null;
        int hunks = 0;
        for (int i = 2; i < lines.Length; i++)
        {
            if (lines[i].StartsWith("+++ b/", StringComparison.Ordinal))
            {
                source = File.ReadAllText(Path.Combine(root, lines[i]["+++ b/".Length..]));
            }
            else if (lines[i].StartsWith("@@", StringComparison.Ordinal))
            {
                string before = string.Concat(lines.Skip(i + 1).TakeWhile(l => l.Length > 0 && l[0] is ' ' or '-' or '+' && !l.StartsWith("---", StringComparison.Ordinal))
                    .Where(l => l[0] != '+').Select(l => l[1..] + "\n"));
                Assert.Contains(before, source, StringComparison.Ordinal);
                hunks++;
            }
        }

        Assert.True(hunks > 0);
    }

    private static string Here([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
