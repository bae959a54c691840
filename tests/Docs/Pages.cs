namespace OrleansStream.Docs;

/// <summary>README and docs, and the C# files that their code comes from.</summary>
internal static class Pages
{
    private const string CommentBegin = "<!-- snippet: ";
    private const string CommentEnd = " -->";

    private static readonly string s_folder = Path.Combine(AppContext.BaseDirectory, "pages");

    /// <summary>A block of C# in a page.</summary>
    /// <param name="Page">The page and line.</param>
    /// <param name="Name">The region that the comment before it names; null without one.</param>
    /// <param name="Lines">Its lines.</param>
    public sealed record Block(string Page, string? Name, IReadOnlyList<string> Lines);

    public static IReadOnlyList<string> All { get; } = [.. Directory.EnumerateFiles(s_folder, "*.md", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    /// <summary>The text of a page.</summary>
    /// <param name="name">Its name, with the folder for those of docs.</param>
    public static string[] Read(string name) => File.ReadAllLines(Path.Combine(s_folder, name));

    /// <summary>All blocks of C#.</summary>
    public static IEnumerable<Block> Blocks()
    {
        foreach (string page in All)
        {
            string[] lines = File.ReadAllLines(page);
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].StartsWith("```csharp", StringComparison.Ordinal) || lines[i].StartsWith("```cs", StringComparison.Ordinal))
                {
                    int end = Array.IndexOf(lines, "```", i);
                    string before = i > 0 ? lines[i - 1] : "";
                    string? name = before.StartsWith(CommentBegin, StringComparison.Ordinal) ? before[CommentBegin.Length..^CommentEnd.Length] : null;
                    yield return new Block($"{Path.GetRelativePath(s_folder, page)}:{i + 1}", name, lines[(i + 1)..end]);
                    i = end;
                }
            }
        }
    }

    /// <summary>The regions of the snippet files, each without the indentation that all its lines have.</summary>
    public static Dictionary<string, IReadOnlyList<string>> Regions()
    {
        Dictionary<string, IReadOnlyList<string>> regions = [];
        foreach (string file in Directory.EnumerateFiles(Path.Combine(s_folder, "snippets"), "*.cs"))
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                if (lines[i].Trim().StartsWith("#region ", StringComparison.Ordinal))
                {
                    int end = Array.FindIndex(lines, i, line => line.Trim() == "#endregion");
                    regions.Add(lines[i].Trim()["#region ".Length..], Outdented(lines[(i + 1)..end]));
                }
            }
        }

        return regions;
    }

    private static string[] Outdented(string[] lines)
    {
        int indent = lines.Where(line => line.Length > 0).Min(line => line.Length - line.TrimStart().Length);
        return [.. lines.Select(line => line.Length == 0 ? line : line[indent..])];
    }
}
