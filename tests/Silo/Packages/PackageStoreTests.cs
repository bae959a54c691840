using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Packages;

/// <summary>Packages in a directory.</summary>
public sealed class PackageStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_package_has_the_id_that_its_builder_says_and_lists_its_jobs()
    {
        PackageStore store = new(_folder.Path);
        PackageInfo info = store.Add(SamplePackage.Zip());
        Assert.Equal(PackageBuilder.ForAssembly(SamplePackage.Assembly).Id, info.Id);
        Assert.Equal("SampleJobs", info.Name);
        Assert.Equal(["SampleJobs.CountJob", "SampleJobs.EmptyJob", "SampleJobs.FailingJob", "SampleJobs.LedgerJob"], info.Jobs);
        Assert.Equal([info.Id], new PackageStore(_folder.Path).List().Select(p => p.Id));
    }

    [Fact]
    public void A_package_leaves_out_what_every_silo_has()
    {
        Assert.Equal(["SampleJobs.deps.json", "SampleJobs.dll", "ostream.json"], PackageBuilder.ForAssembly(SamplePackage.Assembly).Files.Where(f => !f.StartsWith("runtimes/", StringComparison.Ordinal) && !f.StartsWith("System.", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_files_are_the_same_package()
    {
        PackageStore store = new(_folder.Path);
        PackageInfo first = store.Add(SamplePackage.Zip());
        Assert.Equal(first.UploadedAt, store.Add(SamplePackage.Zip()).UploadedAt);
        Assert.Single(store.List());
        Assert.Single(Directory.EnumerateDirectories(_folder.Path));
    }

    [Fact]
    public void A_package_that_is_refused_leaves_nothing()
    {
        PackageStore store = new(_folder.Path);
        JobServiceException e = Assert.Throws<JobServiceException>(() => store.Add(new MemoryStream([1, 2, 3])));
        Assert.Equal(JobServiceError.InvalidPackage, e.Code);
        e = Assert.Throws<JobServiceException>(() => new PackageStore(_folder.Path, new PackageLimits { Bytes = 100 }).Add(SamplePackage.Zip()));
        Assert.Equal(JobServiceError.TooLarge, e.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void A_zip_without_a_job_is_refused()
    {
        MemoryStream zip = new();
        PackageArchive.Pack([new PackageFile("readme.txt", () => new MemoryStream([65]))], zip);
        zip.Position = 0;
        Assert.Contains("has no job", Assert.Throws<JobServiceException>(() => new PackageStore(_folder.Path).Add(zip)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "assembly": "../x.dll" }""", "has no assembly '../x.dll' at its top")]
    [InlineData("""{ "assembly": "None.dll" }""", "has no assembly 'None.dll' at its top")]
    [InlineData("""{ "jobs": [] }""", "manifest ostream.json that cannot be read")]
    [InlineData("no JSON", "manifest ostream.json that cannot be read")]
    public void A_wrong_manifest_is_refused(string manifest, string message)
    {
        MemoryStream zip = new();
        PackageArchive.Pack(
            [new PackageFile("SampleJobs.dll", () => File.OpenRead(SamplePackage.Assembly)), new PackageFile("ostream.json", () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(manifest)))], zip);
        zip.Position = 0;
        Assert.Contains(message, Assert.Throws<JobServiceException>(() => new PackageStore(_folder.Path).Add(zip)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_no_more_packages_than_allowed()
    {
        PackageStore store = new(_folder.Path, mostPackages: 1);
        PackageInfo first = store.Add(SamplePackage.Zip());
        MemoryStream other = new();
        PackageArchive.Pack([new PackageFile("SampleJobs.dll", () => File.OpenRead(SamplePackage.Assembly))], other);
        other.Position = 0;
        Assert.Equal(JobServiceError.TooMany, Assert.Throws<JobServiceException>(() => store.Add(other)).Code);
        store.Delete(first.Id);
        other.Position = 0;
        Assert.Equal("SampleJobs", store.Add(other).Name);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("../../x")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public void What_is_no_id_finds_nothing(string id)
    {
        PackageStore store = new(_folder.Path);
        Assert.Null(store.Find(id));
        Assert.Equal(JobServiceError.PackageNotFound, Assert.Throws<JobServiceException>(() => store.Load(id, null)).Code);
        Assert.Equal(JobServiceError.PackageNotFound, Assert.Throws<JobServiceException>(() => store.Delete(id)).Code);
    }

    [Fact]
    public void A_damaged_package_is_not_loaded()
    {
        PackageInfo info = new PackageStore(_folder.Path).Add(SamplePackage.Zip());
        string file = _folder.At(info.Id, "files", "ostream.json");
        File.AppendAllText(file, " ");
        JobServiceException e = Assert.Throws<JobServiceException>(() => new PackageStore(_folder.Path).Load(info.Id, "CountJob"));
        Assert.Contains("is damaged", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_job_that_the_package_has_not_is_named_with_its_nearest()
    {
        PackageStore store = new(_folder.Path);
        PackageInfo info = store.Add(SamplePackage.Zip());
        Assert.Contains("nearest is CountJob", Assert.Throws<JobServiceException>(() => store.Load(info.Id, "CuontJob")).Message, StringComparison.Ordinal);
        Assert.Contains("has 4 jobs", Assert.Throws<JobServiceException>(() => store.Load(info.Id, null)).Message, StringComparison.Ordinal);
    }
}
