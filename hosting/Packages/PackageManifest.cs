using System.Text.Json;
using System.Text.Json.Serialization;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>The file <c>ostream.json</c> of a package; only a package in which several assemblies have jobs needs one.</summary>
/// <param name="Assembly">The file name of the assembly that has the jobs, at the top of the package.</param>
internal sealed record PackageManifest(string Assembly)
{
    public const string FileName = "ostream.json";

    public static PackageManifest? Read(string folder)
    {
        string path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), PackageJson.Default.PackageManifest) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw PackageArchive.Invalid($"has a manifest {FileName} that cannot be read ({e.Message}); it is {{ \"assembly\": \"MyJob.dll\" }}", e);
        }
    }
}

/// <summary>The JSON of packages.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PackageManifest))]
[JsonSerializable(typeof(PackageInfo))]
internal sealed partial class PackageJson : JsonSerializerContext;
