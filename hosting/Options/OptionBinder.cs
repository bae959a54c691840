namespace OrleansStream.Hosting;

/// <summary>Lays settings over each other, the later over the earlier, and makes options of them.</summary>
internal sealed class OptionBinder(JobOptions defaults, IReadOnlyList<ExtraOption> extras, List<string> errors)
{
    private const string ArgumentPrefix = "set.";
    private readonly Dictionary<JobOption, OptionSetting> _options = [];
    private readonly Dictionary<string, string> _extras = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _arguments = new(defaults.Arguments.Values, StringComparer.OrdinalIgnoreCase);

    public void Apply(IEnumerable<OptionSetting> settings)
    {
        foreach (OptionSetting setting in settings)
        {
            if (setting.Name.StartsWith(ArgumentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                _arguments[setting.Name[ArgumentPrefix.Length..]] = setting.Value ?? "";
            }
            else if (extras.FirstOrDefault(e => OptionText.Bare(e.Name) == OptionText.Bare(setting.Name)) is { } extra)
            {
                ApplyExtra(extra, setting);
            }
            else if (JobOptionCatalog.Find(setting.Name) is { } option)
            {
                _options[option] = setting;
            }
            else
            {
                errors.Add($"{setting.Shown}: there is no such option. {DidYouMean(setting.Name)}");
            }
        }
    }

    public ReadJobOptions Finish()
    {
        JobOptions options = defaults with { Arguments = new JobArguments(_arguments) };
        foreach ((JobOption option, OptionSetting setting) in _options)
        {
            try
            {
                options = option.Apply(options, setting.Value ?? "true");
            }
            catch (FormatException e)
            {
                errors.Add($"{setting.Shown} = {setting.Value}: {e.Message}");
            }
        }

        errors.AddRange(options.Validate());
        return errors.Count == 0
            ? new ReadJobOptions(options, _extras, false)
            : throw new OptionsException($"{errors.Count} option{(errors.Count == 1 ? " is" : "s are")} wrong:\n  " + string.Join("\n  ", errors));
    }

    private void ApplyExtra(ExtraOption extra, OptionSetting setting)
    {
        string value = setting.Value ?? "true";
        if (extra.IsFlag)
        {
            try
            {
                value = OptionText.ReadBool(value) ? "true" : "false";
            }
            catch (FormatException e)
            {
                errors.Add($"{setting.Shown} = {setting.Value}: {e.Message}");
            }
        }

        if (extra.IsArgument)
        {
            _arguments[extra.Name] = value;
        }
        else
        {
            _extras[extra.Name] = value;
        }
    }

    private string DidYouMean(string typed)
    {
        IEnumerable<string> names = extras.Select(e => e.Name)
            .Concat(JobOptionCatalog.All.Select(o => o.Key))
            .Concat(JobOptionCatalog.All.Select(o => o.Alias).OfType<string>())
            .Append("set");
        return $"The nearest is --{NearestName.Find(typed, names)}; --help lists all. An argument of the job is given as --set name=value.";
    }
}
