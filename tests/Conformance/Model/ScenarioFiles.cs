using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>The scenario files: those beside the tests, or of the folder that the environment variable CONFORMANCE_DIR names.</summary>
public static class ScenarioFiles
{
    private static readonly Lazy<IReadOnlyDictionary<string, IReadOnlyList<Scenario>>> Loaded = new(() => Load(Folder));

    /// <summary>Where the files are.</summary>
    public static string Folder =>
        Environment.GetEnvironmentVariable("CONFORMANCE_DIR") is { Length: > 0 } folder ? folder : Path.Combine(AppContext.BaseDirectory, "scenarios");

    /// <summary>All scenarios, by family, in the order of the files.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<Scenario>> Families => Loaded.Value;

    /// <summary>Finds a scenario.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="name">Its name.</param>
    public static Scenario Find(string family, string name) => Families[family].First(scenario => scenario.Name == name);

    /// <summary>Reads every <c>.jsonl</c> file of a folder.</summary>
    /// <param name="folder">The folder.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<Scenario>> Load(string folder)
    {
        SortedDictionary<string, IReadOnlyList<Scenario>> families = new(StringComparer.Ordinal);
        foreach (string path in Directory.GetFiles(folder, "*.jsonl").Order(StringComparer.Ordinal))
        {
            foreach (IGrouping<string, Scenario> family in Read(path).GroupBy(scenario => scenario.Family))
            {
                families[family.Key] = [.. families.GetValueOrDefault(family.Key, []), .. family];
            }
        }

        return families.Count > 0 ? families : throw new InvalidOperationException($"There is no scenario in any .jsonl file of the folder '{folder}'.");
    }

    private static List<Scenario> Read(string path)
    {
        List<Scenario> scenarios = [];
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                scenarios.Add(Scenario.Parse(line));
            }
            catch (Exception error) when (error is FormatException or JsonException or InvalidOperationException or KeyNotFoundException)
            {
                throw new FormatException($"{Path.GetFileName(path)} line {number}: {error.Message}", error);
            }
        }

        return scenarios;
    }
}
