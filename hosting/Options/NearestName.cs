namespace OrleansStream.Hosting;

/// <summary>Finds what somebody meant who mistyped a name.</summary>
internal static class NearestName
{
    /// <summary>The name that takes the fewest edits; a name that ends in what was typed counts as near (<c>interval</c>).</summary>
    public static string Find(string typed, IEnumerable<string> names)
    {
        string wanted = OptionText.Bare(typed);
        return names.MinBy(name => Distance(wanted, OptionText.Bare(name)) is var edits && wanted.Length > 3 && OptionText.Bare(name).EndsWith(wanted, StringComparison.Ordinal) ? 1 : edits)!;
    }

    /// <summary>Insertions, deletions and replacements that make one text of the other.</summary>
    public static int Distance(string from, string to)
    {
        int[] row = [.. Enumerable.Range(0, to.Length + 1)];
        for (int i = 1; i <= from.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= to.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (from[i - 1] == to[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[to.Length];
    }
}
