namespace OrleansStream.Hosting;

/// <summary>Takes a command line apart: <c>--name value</c>, <c>--name=value</c>, <c>--flag</c>, <c>--set name=value</c>.</summary>
internal static class CommandLineSettings
{
    public static List<OptionSetting> Read(IReadOnlyList<string> arguments, IReadOnlyList<ExtraOption> extras, List<string> errors)
    {
        Dictionary<string, OptionSetting> settings = new(StringComparer.Ordinal);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument is "-h" or "-?" or "--help")
            {
                return [new OptionSetting("help", null, argument)];
            }

            if (!argument.StartsWith("--", StringComparison.Ordinal) || argument.Length == 2)
            {
                errors.Add($"{argument}: is not expected here. Options begin with --, as in --parallelism 2.");
                continue;
            }

            int equals = argument.IndexOf('=');
            string shown = equals < 0 ? argument : argument[..equals];
            string name = shown[2..];
            string? value = equals < 0 ? null : argument[(equals + 1)..];
            bool takesValue = TakesValue(name, extras) ?? (i + 1 < arguments.Count && !IsOption(arguments[i + 1]));
            if (value is null && i + 1 < arguments.Count && (takesValue ? !IsOption(arguments[i + 1]) : IsTruth(arguments[i + 1])))
            {
                value = arguments[++i];
            }

            if (value is null && takesValue)
            {
                errors.Add($"{shown}: needs a value, as in {shown} <{TypeOf(name, extras)}>.");
            }
            else if (Setting(name, value, shown, errors) is { } setting && !settings.TryAdd(IdOf(setting.Name), setting) && settings[IdOf(setting.Name)].Value != value)
            {
                errors.Add($"{shown}: is given twice, as {settings[IdOf(setting.Name)].Value} and as {value}. Give it once.");
            }
        }

        return [.. settings.Values];
    }

    private static OptionSetting? Setting(string name, string? value, string shown, List<string> errors)
    {
        if (name != "set")
        {
            return new OptionSetting(name, value, shown);
        }

        int equals = value!.IndexOf('=');
        if (equals > 0)
        {
            return new OptionSetting("set." + value[..equals].Trim(), value[(equals + 1)..], shown);
        }

        errors.Add($"--set {value}: has no name and value. Give an argument of the job as --set name=value.");
        return null;
    }

    private static string IdOf(string name) => JobOptionCatalog.Find(name)?.Key ?? OptionText.Bare(name);

    private static bool? TakesValue(string name, IReadOnlyList<ExtraOption> extras) =>
        name == "set" ? true
        : extras.FirstOrDefault(e => OptionText.Bare(e.Name) == OptionText.Bare(name)) is { } extra ? !extra.IsFlag
        : JobOptionCatalog.Find(name) is { } option ? !option.IsFlag
        : null;

    private static string TypeOf(string name, IReadOnlyList<ExtraOption> extras) =>
        name == "set" ? "name=value"
        : extras.FirstOrDefault(e => OptionText.Bare(e.Name) == OptionText.Bare(name))?.ValueName ?? JobOptionCatalog.Find(name)?.Type ?? "value";

    private static bool IsOption(string text) => text.StartsWith("--", StringComparison.Ordinal) && text.Length > 2;

    private static bool IsTruth(string text) => bool.TryParse(text, out _);
}
