using System.Collections;
using Microsoft.Extensions.Configuration;
using OrleansStream.Hosting;

namespace OrleansStream.Silo;

/// <summary>
/// Reads what a silo is told: the command line before the environment, that before the file. Everything that is wrong is said at once.
/// </summary>
public static class SiloSettingsReader
{
    /// <summary>What names of environment variables begin with.</summary>
    public const string EnvironmentPrefix = "OSILO_";

    /// <summary>The file that is read from the working directory if <c>--config</c> names no other.</summary>
    public const string FileName = "ostream-silo.json";

    /// <summary>What keys of defaults for jobs begin with.</summary>
    public const string JobPrefix = "defaults.";

    private const string ConfigKey = "config";

    /// <summary>Reads the settings.</summary>
    /// <param name="arguments">The command line: <c>--key=value</c> or <c>--key value</c>.</param>
    /// <param name="environment">Environment variables; those without <see cref="EnvironmentPrefix"/> are left alone.</param>
    /// <param name="directory">Where <see cref="FileName"/> is looked for.</param>
    /// <exception cref="OptionsException">Something is wrong; the message lists all of it.</exception>
    public static SiloSettings Read(IReadOnlyList<string> arguments, IDictionary environment, string directory)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        List<string> errors = [];
        List<OptionSetting> given = FromArguments(arguments, errors);
        string? file = given.LastOrDefault(s => s.Name == ConfigKey)?.Value;
        given.RemoveAll(s => s.Name == ConfigKey);
        List<OptionSetting> all = [.. FromFile(file, directory, errors), .. FromEnvironment(environment), .. given];
        Dictionary<SiloOption, OptionSetting> options = [];
        SortedDictionary<string, OptionSetting> ofJobs = new(StringComparer.OrdinalIgnoreCase);
        foreach (OptionSetting setting in all)
        {
            if (setting.Name.StartsWith(JobPrefix, StringComparison.OrdinalIgnoreCase))
            {
                ofJobs[setting.Name[JobPrefix.Length..]] = setting;
            }
            else if (SiloOptionCatalog.Find(setting.Name) is { } option)
            {
                options[option] = setting;
            }
            else
            {
                string nearest = NearestName.Find(setting.Name, SiloOptionCatalog.All.Select(o => o.Key).Append(ConfigKey));
                errors.Add($"{setting.Shown}: there is no such option. The nearest is {nearest}; --help lists all.");
            }
        }

        SiloSettings settings = new();
        foreach ((SiloOption option, OptionSetting setting) in options)
        {
            try
            {
                settings = option.Apply(settings, setting.Value ?? "");
            }
            catch (FormatException e)
            {
                errors.Add($"{setting.Shown} = {(option.IsSecret ? "…" : setting.Value)}: {e.Message}");
            }
        }

        settings = WithJobDefaults(settings, ofJobs, errors);
        errors.AddRange(settings.Validate());
        return errors.Count == 0
            ? settings
            : throw new OptionsException($"{errors.Count} option{(errors.Count == 1 ? " is" : "s are")} wrong:\n  " + string.Join("\n  ", errors));
    }

    private static SiloSettings WithJobDefaults(SiloSettings settings, SortedDictionary<string, OptionSetting> given, List<string> errors)
    {
        JobOptions defaults = settings.Jobs.JobDefaults;
        foreach ((string key, OptionSetting setting) in given)
        {
            if (JobOptionCatalog.Find(key) is not { } option || option.Key is "job.name" or "resume" or "from-savepoint" or "checkpointing.directory")
            {
                errors.Add($"{setting.Shown}: is no option of jobs that has a default here; docs/options.md lists those that have.");
                continue;
            }

            try
            {
                defaults = option.Apply(defaults, setting.Value ?? "true");
            }
            catch (FormatException e)
            {
                errors.Add($"{setting.Shown} = {setting.Value}: {e.Message}");
            }
        }

        return settings with { Jobs = settings.Jobs with { JobDefaults = defaults } };
    }

    private static List<OptionSetting> FromArguments(IReadOnlyList<string> arguments, List<string> errors)
    {
        List<OptionSetting> settings = [];
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                errors.Add($"{argument}: options begin with --, such as --rest.url http://localhost:8081");
                continue;
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? argument[2..] : argument[2..equals];
            string? value = equals >= 0 ? argument[(equals + 1)..] : i + 1 < arguments.Count && !arguments[i + 1].StartsWith("--", StringComparison.Ordinal) ? arguments[++i] : null;
            if (value is null)
            {
                errors.Add($"{argument}: needs a value");
                continue;
            }

            settings.Add(new OptionSetting(name, value, $"--{name}"));
        }

        return settings;
    }

    private static IEnumerable<OptionSetting> FromEnvironment(IDictionary environment)
    {
        foreach (DictionaryEntry variable in environment)
        {
            string name = (string)variable.Key;
            if (name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                string key = name[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal).Replace('_', '-').ToLowerInvariant();
                yield return new OptionSetting(key, (string?)variable.Value, $"{name} (environment)");
            }
        }
    }

    // A key is in one piece or in sections: "rest.url", or "rest": { "url": … }.
    private static List<OptionSetting> FromFile(string? file, string directory, List<string> errors)
    {
        string path = Path.GetFullPath(file ?? FileName, directory);
        if (!File.Exists(path))
        {
            if (file is not null)
            {
                errors.Add($"--{ConfigKey} {file}: there is no such file");
            }

            return [];
        }

        try
        {
            IConfiguration configuration = new ConfigurationBuilder().AddJsonFile(path, optional: false).Build();
            return [.. configuration.AsEnumerable().Where(s => s.Value is not null).Select(s => new OptionSetting(s.Key.Replace(':', '.'), s.Value, $"{s.Key} ({Path.GetFileName(path)})"))];
        }
        catch (InvalidDataException e)
        {
            errors.Add($"{path}: {e.InnerException?.Message ?? e.Message}");
            return [];
        }
    }
}
