using OrleansStream.Hosting;

namespace OrleansStream.Docs;

/// <summary>The table of options.</summary>
public sealed class OptionsPageTests
{
    [Fact]
    public void The_table_lists_every_option_with_its_default()
    {
        string[] expected = [.. JobOptionCatalog.All.Select(Row)];
        string[] actual = [.. Pages.Read("docs/options.md").Where(line => line.StartsWith("| `", StringComparison.Ordinal))];
        Assert.True(expected.SequenceEqual(actual), "docs/options.md should have these rows:\n" + string.Join("\n", expected));
    }

    private static string Row(JobOption option)
    {
        string key = option.Alias is { } alias ? $"`{option.Key}`, `{alias}`" : $"`{option.Key}`";
        return $"| {key} | {option.Type.Replace("|", ", ", StringComparison.Ordinal)} | {option.Default} | {option.Description} |";
    }
}
