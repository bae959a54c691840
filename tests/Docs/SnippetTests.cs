namespace OrleansStream.Docs;

/// <summary>The code in README and docs is compiled: it is a region of a file in Snippets, word for word.</summary>
public sealed class SnippetTests
{
    [Fact]
    public void Every_block_of_code_is_a_region_of_a_compiled_file()
    {
        Dictionary<string, IReadOnlyList<string>> regions = Pages.Regions();
        List<string> wrong = [];
        foreach (Pages.Block block in Pages.Blocks())
        {
            if (block.Name is null)
            {
                wrong.Add($"{block.Page}: no comment in the line before names the region, as <!-- snippet: name -->");
            }
            else if (!regions.TryGetValue(block.Name, out IReadOnlyList<string>? region))
            {
                wrong.Add($"{block.Page}: there is no region '{block.Name}'");
            }
            else if (!region.SequenceEqual(block.Lines))
            {
                wrong.Add($"{block.Page}: differs from the region '{block.Name}', which is\n{string.Join("\n", region)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
    }

    [Fact]
    public void Every_region_is_shown_somewhere()
    {
        Assert.Empty(Pages.Regions().Keys.Except(Pages.Blocks().Select(block => block.Name!)));
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        List<string> broken = [];
        foreach (string page in Pages.All)
        {
            foreach (System.Text.RegularExpressions.Match link in System.Text.RegularExpressions.Regex.Matches(File.ReadAllText(page), @"\]\(([^):#]+\.md)(#[^)]*)?\)"))
            {
                if (!File.Exists(Path.Combine(Path.GetDirectoryName(page)!, link.Groups[1].Value)))
                {
                    broken.Add($"{Path.GetFileName(page)}: {link.Groups[1].Value}");
                }
            }
        }

        Assert.Empty(broken);
    }
}
