using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansStream.Service;
using OrleansStream.Silo;

namespace OrleansStream.SiloTests.Rest;

/// <summary>docs/rest.md says what REST answers: no more, no less.</summary>
public sealed partial class RestPageTests
{
    private static readonly string[] s_rows = [.. File.ReadAllLines(Path.Combine(Repository.Root, "docs", "rest.md")).Where(line => line.StartsWith("| ", StringComparison.Ordinal))];

    [Fact]
    public async Task The_page_on_REST_lists_every_request()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        IEnumerable<string> listed = s_rows.SelectMany(row => Request().Matches(row.Split('|')[1])).Select(m => $"{m.Groups[1].Value} {Filled().Replace(m.Groups[2].Value, "{}")}");
        Assert.Equal(rest.Endpoints.Select(e => Filled().Replace(e, "{}")).Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_page_on_REST_lists_every_code_of_a_refusal_with_its_status()
    {
        string[] expected = [.. Enum.GetValues<JobServiceError>().Select(code => $"{JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString())} {Problems.StatusOf(code)}")];
        List<string> listed = [];
        foreach (string[] cells in s_rows.Select(row => row.Split('|', StringSplitOptions.TrimEntries)).Where(cells => !cells[1].StartsWith('`') && char.IsAsciiDigit(cells[2].FirstOrDefault())))
        {
            string[] codes = cells[1].Split(", ");
            string[] statuses = cells[2].Split(", ");
            listed.AddRange(codes.Select((code, i) => $"{code} {(statuses.Length == codes.Length ? statuses[i] : statuses.Single())}"));
        }

        Assert.Equal(expected.Order(StringComparer.Ordinal), listed.Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"`(GET|POST|DELETE|PUT) (/[^`?]+)")]
    private static partial Regex Request();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Filled();
}
