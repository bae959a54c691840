using System.Reflection;
using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Options;

public sealed class JobOptionCatalogTests
{
    [Fact]
    public void Every_property_of_the_options_can_be_set()
    {
        // Arguments are given as --set name=value.
        string[] expected = [.. Leaves(typeof(JobOptions), "").Where(p => p != nameof(JobOptions.Arguments)).Order(StringComparer.Ordinal)];
        string[] actual = [.. JobOptionCatalog.All.SelectMany(o => o.Properties).Order(StringComparer.Ordinal)];
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void Every_option_changes_its_property_and_no_other()
    {
        JobOptions defaults = new();
        foreach (JobOption option in JobOptionCatalog.All)
        {
            JobOptions changed = option.Apply(defaults, Sample(option));
            string[] different = [.. Leaves(typeof(JobOptions), "").Where(p => !Equals(Value(defaults, p), Value(changed, p)))];
            Assert.Equal([option.Properties[0]], different);
        }
    }

    [Fact]
    public void What_is_written_is_read_as_the_same_options()
    {
        Assert.Empty(JobOptionCatalog.Write(new JobOptions()));
        foreach (JobOption option in JobOptionCatalog.All)
        {
            JobOptions changed = option.Apply(new JobOptions(), Sample(option)) with { Arguments = new JobArguments([KeyValuePair.Create("limit", "5 = five")]) };
            IReadOnlyDictionary<string, string> written = JobOptionCatalog.Write(changed);
            Assert.Equal(new[] { option.Key, "set.limit" }.Order(StringComparer.Ordinal), written.Keys.Order(StringComparer.Ordinal));
            Assert.Equal("5 = five", written["set.limit"]);
            Assert.Equal(changed, option.Apply(new JobOptions(), written[option.Key]) with { Arguments = changed.Arguments });
        }
    }

    [Fact]
    public void Defaults_in_help_are_those_of_the_options()
    {
        JobOptions defaults = new();
        foreach (JobOption option in JobOptionCatalog.All.Where(o => Value(defaults, o.Properties[0]) is not null))
        {
            Assert.Equal(defaults, option.Apply(defaults, option.Default));
        }
    }

    [Fact]
    public void Keys_and_aliases_are_distinct_and_found_however_they_are_written()
    {
        string[] names = [.. JobOptionCatalog.All.Select(o => o.Key), .. JobOptionCatalog.All.Select(o => o.Alias).OfType<string>()];
        Assert.Equal(names.Length, names.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal("checkpointing.min-pause", JobOptionCatalog.Find("Checkpointing.MinPause")?.Key);
        Assert.Equal("checkpointing.directory", JobOptionCatalog.Find("checkpoint-dir")?.Key);
        Assert.Null(JobOptionCatalog.Find("checkpointing"));
    }

    [Fact]
    public void Help_names_every_option()
    {
        StringWriter help = new();
        JobOptionHelp.Write(help);
        Assert.All(JobOptionCatalog.All, option => Assert.Contains($"--{option.Key}", help.ToString(), StringComparison.Ordinal));
    }

    private static IEnumerable<string> Leaves(Type type, string prefix) => type
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(p => p.CanWrite)
        .SelectMany(p => p.PropertyType.IsClass && p.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)
            ? Leaves(p.PropertyType, $"{prefix}{p.Name}.")
            : [prefix + p.Name]);

    private static object? Value(object options, string path) =>
        path.Split('.').Aggregate(options, (from, name) => from.GetType().GetProperty(name)!.GetValue(from)!);

    private static string Sample(JobOption option) => option.Type switch
    {
        OptionText.Text => "text",
        OptionText.Flag => "true",
        OptionText.Size => "3MiB",
        OptionText.Number => "16",
        _ when option.Type.StartsWith(OptionText.Duration, StringComparison.Ordinal) => "17s",
        _ => option.Type.Split('|')[^1],
    };
}
