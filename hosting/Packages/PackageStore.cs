using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>
/// Job packages in a directory, which all silos of a cluster share: <c>id/package.json</c> and <c>id/files/…</c>. A package appears at once, when it is whole, and never changes. All members block and may be
/// called from any thread and process.
/// </summary>
public sealed class PackageStore
{
    private const string InfoName = "package.json";
    private const string FilesName = "files";
    private const string TemporaryPrefix = ".tmp-";
    private const int IdLength = 64;
    private static readonly TimeSpan s_leftoverAge = TimeSpan.FromDays(1);

    private readonly string _root;
    private readonly PackageLimits _limits;
    private readonly int _mostPackages;
    private readonly TimeProvider _time;

    // Of which this process knows that the files are those of the id.
    private readonly ConcurrentDictionary<string, bool> _whole = new(StringComparer.Ordinal);

    /// <summary>Opens a store; the directory is made when the first package comes.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="limits">How large a package may be; the defaults if null.</param>
    /// <param name="mostPackages">How many packages may be there.</param>
    /// <param name="time">The clock; the system's by default.</param>
    public PackageStore(string directory, PackageLimits? limits = null, int mostPackages = 100, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(directory);
        _root = Path.GetFullPath(directory);
        _limits = limits ?? new PackageLimits();
        _mostPackages = mostPackages;
        _time = time ?? TimeProvider.System;
    }

    /// <summary>Takes a package. A package that is there already is taken as it is. Does not block.</summary>
    /// <param name="zip">The zip; read to its end.</param>
    /// <param name="cancel">Ends the reading; nothing is kept then.</param>
    /// <exception cref="JobServiceException">It is no package, too large, or there are too many.</exception>
    public async Task<PackageInfo> AddAsync(Stream zip, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(zip);
        string work = Path.Combine(_root, TemporaryPrefix + Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(Path.Combine(work, FilesName));
        DeleteLeftovers();
        try
        {
            FileStream spool = new(Path.Combine(work, "zip"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose | FileOptions.Asynchronous);
            await using (spool.ConfigureAwait(false))
            {
                await SpoolAsync(zip, spool, cancel).ConfigureAwait(false);
                return await Task.Run(() => Take(work, spool), CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            if (Directory.Exists(work))
            {
                Directory.Delete(work, recursive: true);
            }
        }
    }

    private PackageInfo Take(string work, FileStream spool)
    {
        string files = Path.Combine(work, FilesName);
        PackageArchive.Unpack(spool, files, _limits);
        spool.Dispose(); // Deletes it, before the folder gets its name.
        (string id, long bytes) = PackageHash.Of(files);
        if (Find(id) is { } known)
        {
            return known;
        }

        if (List().Count >= _mostPackages)
        {
            throw new JobServiceException(
                JobServiceError.TooMany, $"There are {_mostPackages} packages already, as many as packages.max-count allows. Delete one that no job uses, or raise it.");
        }

        (string name, string[] jobs) = Inspect(files);
        PackageInfo info = new(id, name, jobs, bytes, _time.GetUtcNow());
        File.WriteAllBytes(Path.Combine(work, InfoName), JsonSerializer.SerializeToUtf8Bytes(info, PackageJson.Default.PackageInfo));
        try
        {
            Directory.Move(work, Path.Combine(_root, id));
        }
        catch (IOException) when (Find(id) is not null)
        {
            return Find(id)!; // Another upload of the same files was faster.
        }

        return info;
    }

    /// <summary>All packages, the newest first.</summary>
    public IReadOnlyList<PackageInfo> List() => !Directory.Exists(_root)
        ? []
        : [.. Directory.EnumerateDirectories(_root).Select(Path.GetFileName).Select(id => Find(id!)).OfType<PackageInfo>().OrderByDescending(p => p.UploadedAt).ThenBy(p => p.Id, StringComparer.Ordinal)];

    /// <summary>A package; null if there is none.</summary>
    /// <param name="id">Its id; anything else finds nothing.</param>
    public PackageInfo? Find(string id)
    {
        if (!IsId(id))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(_root, id, InfoName)), PackageJson.Default.PackageInfo);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Removes a package. Assemblies that are loaded from it stay so.</summary>
    /// <param name="id">Its id.</param>
    /// <exception cref="JobServiceException">There is no such package.</exception>
    public void Delete(string id)
    {
        if (Find(id) is null)
        {
            throw NotFound(id);
        }

        string work = Path.Combine(_root, TemporaryPrefix + Guid.NewGuid().ToString("N"));
        Directory.Move(Path.Combine(_root, id), work);
        _whole.TryRemove(id, out _);
        Directory.Delete(work, recursive: true);
    }

    /// <summary>Loads a job into a context of its own.</summary>
    /// <param name="id">The package.</param>
    /// <param name="job">The job's type, with or without namespace; null where the package has just one.</param>
    /// <exception cref="JobServiceException">There is no such package, it is damaged, or it has no such job.</exception>
    public LoadedJob Load(string id, string? job)
    {
        PackageInfo info = Find(id) ?? throw NotFound(id);
        string files = Path.Combine(_root, id, FilesName);
        if (!_whole.ContainsKey(id))
        {
            if (PackageHash.Of(files).Hash != id)
            {
                throw PackageArchive.Invalid($"{id} is damaged: its files are not those that were uploaded. Delete it and upload it again");
            }

            _whole[id] = true;
        }

        string assembly = Path.Combine(files, info.Name + ".dll");
        JobLoadContext context = new(assembly, canUnload: true);
        try
        {
            return new LoadedJob(JobAssembly.Find(JobAssembly.TypesIn(context, assembly, info.Name + ".dll"), info.Name + ".dll", job), id, context);
        }
        catch (OptionsException e)
        {
            context.Unload();
            throw new JobServiceException(JobServiceError.InvalidPackage, e.Message);
        }
    }

    /// <summary>Whether a text may be the id of a package.</summary>
    /// <param name="id">The text.</param>
    public static bool IsId(string? id) => id?.Length == IdLength && id.All(char.IsAsciiHexDigitLower);

    private static JobServiceException NotFound(string id) =>
        new(JobServiceError.PackageNotFound, $"There is no package '{(id.Length > IdLength ? id[..IdLength] + "…" : id)}'. Upload it; its id is in the answer.");

    private async Task SpoolAsync(Stream zip, FileStream spool, CancellationToken cancel)
    {
        byte[] buffer = new byte[81920];
        int read;
        while ((read = await zip.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0)
        {
            await spool.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            if (spool.Length > _limits.Bytes)
            {
                throw PackageArchive.TooLarge(string.Create(CultureInfo.InvariantCulture, $"is larger than {_limits.Bytes} bytes"));
            }
        }

        spool.Position = 0;
    }

    // Texts only leave, so that the context can go.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (string Name, string[] Jobs) Inspect(string files)
    {
        string[] candidates = PackageManifest.Read(files) is { } manifest
            ? [RequireAtTop(files, manifest.Assembly)]
            : [.. Directory.EnumerateFiles(files, "*.dll").Order(StringComparer.Ordinal).Where(ReferencesContracts)];
        List<(string Name, string[] Jobs)> found = [];
        foreach (string path in candidates)
        {
            JobLoadContext context = new(path, canUnload: true);
            try
            {
                string[] jobs = [.. JobAssembly.JobsIn(JobAssembly.TypesIn(context, path, Path.GetFileName(path))).Select(t => t.FullName!)];
                if (jobs.Length > 0)
                {
                    found.Add((Path.GetFileNameWithoutExtension(path), jobs));
                }
            }
            catch (OptionsException e)
            {
                throw new JobServiceException(JobServiceError.InvalidPackage, e.Message);
            }
            finally
            {
                context.Unload();
            }
        }

        return found switch
        {
            [var one] => one,
            [] => throw PackageArchive.Invalid("has no job: no assembly at its top has a class that implements OrleansStream.IStreamJob"),
            _ => throw PackageArchive.Invalid(
                $"has jobs in several assemblies ({string.Join(", ", found.Select(f => f.Name))}). Add a file {PackageManifest.FileName} that names one: {{ \"assembly\": \"{found[0].Name}.dll\" }}"),
        };
    }

    private static string RequireAtTop(string files, string assembly) =>
        assembly == Path.GetFileName(assembly) && assembly.EndsWith(".dll", StringComparison.Ordinal) && File.Exists(Path.Combine(files, assembly))
            ? Path.Combine(files, assembly)
            : throw PackageArchive.Invalid($"has no assembly '{assembly}' at its top, which its manifest {PackageManifest.FileName} names");

    // Looks without loading: a package holds libraries too, some of them not for this machine.
    private static bool ReferencesContracts(string path)
    {
        using FileStream file = File.OpenRead(path);
        using PEReader pe = new(file);
        try
        {
            if (!pe.HasMetadata)
            {
                return false;
            }

            MetadataReader metadata = pe.GetMetadataReader();
            return metadata.AssemblyReferences.Any(r => metadata.GetString(metadata.GetAssemblyReference(r).Name) == "OrleansStream.Contracts");
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }

    private void DeleteLeftovers()
    {
        foreach (DirectoryInfo leftover in new DirectoryInfo(_root).EnumerateDirectories(TemporaryPrefix + "*"))
        {
            if (_time.GetUtcNow() - leftover.LastWriteTimeUtc > s_leftoverAge)
            {
                leftover.Delete(recursive: true);
            }
        }
    }
}
