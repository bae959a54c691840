using System.IO.Compression;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.SiloTests.Packages;

/// <summary>Zips that nobody means well with.</summary>
public sealed class ArchiveTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("../evil.dll")]
    [InlineData("a/../../evil.dll")]
    [InlineData("/etc/evil")]
    [InlineData("..")]
    [InlineData("a\\b.dll")]
    [InlineData("c:evil.dll")]
    [InlineData("a//b.dll")]
    [InlineData("./a.dll")]
    [InlineData("a./b.dll")]
    [InlineData("nul\0.dll")]
    public void A_name_that_leaves_the_folder_or_means_different_things_is_refused(string name)
    {
        using TemporaryFolder target = new();
        string inner = target.At("inner");
        Directory.CreateDirectory(inner);
        JobServiceException e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(Zip((name, "x")), inner, new PackageLimits()));
        Assert.Equal(JobServiceError.InvalidPackage, e.Code);
        Assert.Contains("unsafe name", e.Message, StringComparison.Ordinal);
        Assert.Equal([inner], Directory.EnumerateFileSystemEntries(target.Path));
        Assert.Empty(Directory.EnumerateFileSystemEntries(inner));
    }

    [Theory]
    [InlineData("a.dll", "A.dll")]
    [InlineData("a", "a/b")]
    [InlineData("a/b", "A")]
    public void Names_that_collide_on_some_file_system_are_refused(string one, string other)
    {
        JobServiceException e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(Zip((one, "x"), (other, "y")), _folder.Path, new PackageLimits()));
        Assert.Contains("twice", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_symbolic_link_is_refused()
    {
        MemoryStream zip = new();
        using (ZipArchive archive = new(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            ZipArchiveEntry entry = archive.CreateEntry("link");
            entry.ExternalAttributes = unchecked((int)0xA1FF0000);
            using StreamWriter writer = new(entry.Open());
            writer.Write("/etc/passwd");
        }

        JobServiceException e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(zip, _folder.Path, new PackageLimits()));
        Assert.Contains("neither file nor folder", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Limits_count_what_is_unpacked_not_what_the_zip_says()
    {
        MemoryStream zip = Zip(("zeros", new string('0', 300_000)));
        Assert.True(zip.Length < 2000);
        JobServiceException e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(zip, _folder.Path, new PackageLimits { Bytes = 299_999 }));
        Assert.Equal(JobServiceError.TooLarge, e.Code);
        PackageArchive.Unpack(zip, _folder.At("fits"), new PackageLimits { Bytes = 300_000 });
        Assert.Equal(300_000, new FileInfo(_folder.At("fits", "zeros")).Length);
        e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(Zip(("a", "1"), ("b", "2")), _folder.At("many"), new PackageLimits { Files = 1 }));
        Assert.Equal(JobServiceError.TooLarge, e.Code);
    }

    [Fact]
    public void What_is_no_zip_is_refused()
    {
        foreach (byte[] content in new byte[][] { [], [1, 2, 3], [.. Zip(("a", "text that is cut off")).ToArray().Take(40)] })
        {
            JobServiceException e = Assert.Throws<JobServiceException>(() => PackageArchive.Unpack(new MemoryStream(content), _folder.Path, new PackageLimits()));
            Assert.Equal(JobServiceError.InvalidPackage, e.Code);
        }
    }

    [Fact]
    public void The_identity_is_that_of_names_and_contents()
    {
        string Id(params (string Name, string Content)[] files) => PackageHash.Of(files.Select(f => new PackageFile(f.Name, () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(f.Content))))).Hash;
        Assert.Equal("c3ff021c", Id(("a", "1"), ("b", "2"))[..8]);
        Assert.Equal(Id(("a", "1"), ("b", "2")), Id(("b", "2"), ("a", "1")));
        Assert.Equal(5, new[] { Id(("a", "1"), ("b", "2")), Id(("a", "2"), ("b", "1")), Id(("a", "1")), Id(("ab", "12")), Id(("a", "1b2")) }.Distinct().Count());
    }

    private static MemoryStream Zip(params (string Name, string Content)[] files)
    {
        MemoryStream zip = new();
        using (ZipArchive archive = new(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, string content) in files)
            {
                using StreamWriter writer = new(archive.CreateEntry(name).Open());
                writer.Write(content);
            }
        }

        zip.Position = 0;
        return zip;
    }
}
