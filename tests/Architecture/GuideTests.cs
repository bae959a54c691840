namespace OrleansStream.Architecture;

/// <summary>Who opens the repository for the first time finds every room and every page.</summary>
public sealed class GuideTests
{
    [Fact]
    public void Every_folder_is_in_the_layout_of_the_README()
    {
        string layout = Section("README.md", "## Layout");
        Assert.Equal([], Folders("").Where(folder => folder[0] != '.' && !layout.Contains($"| `{folder}` |", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_suite_is_in_the_layout_of_the_README()
    {
        string layout = Section("README.md", "## Layout");
        Assert.Equal([], Folders("tests/").Where(folder => !layout.Contains($"`{folder}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_folder_of_the_engine_is_in_the_page_on_the_architecture()
    {
        string rooms = Section("docs/architecture.md", "## The rooms");
        Assert.Equal([], Folders("engine/").Where(folder => !rooms.Contains($"`{folder}`", StringComparison.Ordinal)));
    }

    [Fact]
    public void Every_page_is_linked_from_the_README()
    {
        string readme = Repository.Read("README.md");
        Assert.Equal([], Repository.Files.Where(file => file.StartsWith("docs/", StringComparison.Ordinal) && !readme.Contains($"]({file})", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Folders(string parent) => Repository.Files
        .Where(file => file.StartsWith(parent, StringComparison.Ordinal) && file.IndexOf('/', parent.Length) >= 0)
        .Select(file => file[parent.Length..file.IndexOf('/', parent.Length)])
        .Distinct();

    private static string Section(string page, string heading)
    {
        string text = Repository.Read(page);
        int begin = text.IndexOf(heading + "\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"{page} has no heading '{heading}'");
        int end = text.IndexOf("\n## ", begin + heading.Length, StringComparison.Ordinal);
        return end < 0 ? text[begin..] : text[begin..end];
    }
}
