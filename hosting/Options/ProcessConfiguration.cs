using Microsoft.Extensions.Configuration;

namespace OrleansStream.Hosting;

/// <summary>The appsettings.json of a program that has no host of its own.</summary>
public static class ProcessConfiguration
{
    /// <summary>Loads appsettings.json, and over it that of <c>DOTNET_ENVIRONMENT</c>, from the working directory; both may be missing.</summary>
    /// <exception cref="OptionsException">A file is no JSON.</exception>
    public static IConfiguration Load() => Load(Directory.GetCurrentDirectory());

    internal static IConfiguration Load(string directory)
    {
        ConfigurationBuilder builder = new();
        builder.SetBasePath(directory).AddJsonFile("appsettings.json", optional: true);
        if (Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") is { Length: > 0 } name)
        {
            builder.AddJsonFile($"appsettings.{name}.json", optional: true);
        }

        try
        {
            return builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new OptionsException($"{e.Message} {e.InnerException?.Message} Correct the file.", e);
        }
    }
}
