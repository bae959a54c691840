using System.Collections;
using Microsoft.Extensions.Configuration;

namespace OrleansStream.Hosting;

/// <summary>
/// Reads the options of a job. A value of the command line goes before one of the environment, that before one of the configuration (appsettings.json), that before the program's own defaults. Everything
/// that is wrong is said at once.
/// </summary>
public sealed class JobOptionsReader
{
    /// <summary>The section of the configuration.</summary>
    public const string SectionName = "OrleansStream";

    /// <summary>What names of environment variables begin with.</summary>
    public const string EnvironmentPrefix = "OSTREAM_";

    private const string ArgumentPrefix = "set.";
    private const string JobsPrefix = "jobs.";
    private readonly JobOptions _defaults;
    private readonly IReadOnlyList<ExtraOption> _extras;

    /// <summary>Creates a reader.</summary>
    /// <param name="defaults">What holds for options that nobody gives; <see cref="JobOptions"/>' defaults if null.</param>
    /// <param name="extras">Options of the program's own.</param>
    public JobOptionsReader(JobOptions? defaults = null, IReadOnlyList<ExtraOption>? extras = null)
    {
        _defaults = defaults ?? new JobOptions();
        _extras = extras ?? [];
    }

    /// <summary>Reads options.</summary>
    /// <param name="arguments">The command line.</param>
    /// <param name="environment">Environment variables; those without <see cref="EnvironmentPrefix"/> are left alone. Null for none.</param>
    /// <param name="configuration">The application's configuration, of which the section <see cref="SectionName"/> is read; null for none.</param>
    /// <param name="job">The job whose own options, below <c>Jobs:&lt;name&gt;</c> of the section, count too; null for none.</param>
    /// <exception cref="OptionsException">Something is wrong; the message lists all of it.</exception>
    public ReadJobOptions Read(IReadOnlyList<string> arguments, IDictionary? environment = null, IConfiguration? configuration = null, string? job = null)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        List<string> errors = [];
        List<OptionSetting> fromArguments = CommandLineSettings.Read(arguments, _extras, errors);
        if (fromArguments.Any(s => s.Name is "help"))
        {
            return new ReadJobOptions(_defaults, new Dictionary<string, string>(), true);
        }

        OptionBinder binder = new(_defaults, _extras, errors);
        binder.Apply(FromConfiguration(configuration, job));
        binder.Apply(FromEnvironment(environment));
        binder.Apply(fromArguments);
        return binder.Finish();
    }

    /// <summary>Reads options from the command line, the environment of the process and appsettings.json of the working directory.</summary>
    /// <param name="arguments">The command line.</param>
    /// <exception cref="OptionsException">Something is wrong; the message lists all of it.</exception>
    public ReadJobOptions ReadForProcess(IReadOnlyList<string> arguments) =>
        Read(arguments, Environment.GetEnvironmentVariables(), ProcessConfiguration.Load());

    private static IEnumerable<OptionSetting> FromEnvironment(IDictionary? environment)
    {
        foreach (DictionaryEntry variable in environment ?? new Dictionary<string, string>())
        {
            string name = (string)variable.Key;
            if (name.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            {
                string key = name[EnvironmentPrefix.Length..].Replace("__", ".", StringComparison.Ordinal).ToLowerInvariant();
                yield return new OptionSetting(
                    key.StartsWith(ArgumentPrefix, StringComparison.Ordinal) ? key : key.Replace('_', '-'), (string?)variable.Value, $"{name} (environment)");
            }
        }
    }

    // A key is in one piece or in sections: "checkpointing.interval", or "checkpointing": { "interval": … }.
    private static IEnumerable<OptionSetting> FromConfiguration(IConfiguration? configuration, string? job)
    {
        if (configuration is null)
        {
            return [];
        }

        List<OptionSetting> shared = [];
        List<OptionSetting> own = [];
        foreach ((string path, string? value) in configuration.GetSection(SectionName).AsEnumerable(makePathsRelative: true))
        {
            if (value is null)
            {
                continue;
            }

            string key = path.Replace(':', '.');
            string shown = $"{SectionName}:{path} (appsettings.json)";
            if (!key.StartsWith(JobsPrefix, StringComparison.OrdinalIgnoreCase))
            {
                shared.Add(new OptionSetting(key, value, shown));
            }
            else if (job is not null && key.StartsWith($"{JobsPrefix}{job}.", StringComparison.OrdinalIgnoreCase))
            {
                own.Add(new OptionSetting(key[(JobsPrefix.Length + job.Length + 1)..], value, shown));
            }
        }

        return [.. shared, .. own];
    }
}
