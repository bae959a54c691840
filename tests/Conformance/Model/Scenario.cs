using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>An operator with its options, what is done to it, and what comes out of each step.</summary>
/// <param name="Name">Its name, unique in its family.</param>
/// <param name="Family">The family.</param>
/// <param name="Tags">For picking and counting.</param>
/// <param name="Why">The explanation of a scenario made by hand, or null.</param>
/// <param name="Operator">The operator and its options.</param>
/// <param name="Input">The steps.</param>
/// <param name="Expected">What comes out, for each step.</param>
public sealed record Scenario(
    string Name,
    string Family,
    IReadOnlyList<string> Tags,
    string? Why,
    JsonElement Operator,
    IReadOnlyList<Step> Input,
    IReadOnlyList<IReadOnlyList<StepOutput>> Expected)
{
    /// <summary>An option of the operator that is text; null if it is absent, null or no text.</summary>
    /// <param name="name">The option.</param>
    public string? Text(string name) =>
        Operator.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>An option of the operator that is a number; null if it is absent or null.</summary>
    /// <param name="name">The option.</param>
    public long? Number(string name) =>
        Operator.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : null;

    /// <summary>Reads a line of a scenario file.</summary>
    /// <param name="line">The line.</param>
    public static Scenario Parse(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement json = document.RootElement.Clone();
        Step[] input = [.. json.GetProperty("input").EnumerateArray().Select(Step.Parse)];
        IReadOnlyList<StepOutput>[] expected =
            [.. json.GetProperty("output").EnumerateArray().Select(outputs => outputs.EnumerateArray().Select(StepOutput.Parse).ToArray())];
        return input.Length != expected.Length
            ? throw new FormatException($"There are {input.Length} steps, but outputs for {expected.Length}.")
            : new Scenario(
                json.GetProperty("name").GetString()!,
                json.GetProperty("family").GetString()!,
                [.. json.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!)],
                json.TryGetProperty("why", out JsonElement why) ? why.GetString() : null,
                json.GetProperty("operator"),
                input,
                expected);
    }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
