using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Hosting.Checkpointing;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Checkpointing;

public abstract class StoreContract
{
    protected abstract ICheckpointStore Store { get; }

    [Fact]
    public void A_put_never_replaces()
    {
        Assert.True(Store.PutIfAbsent("job/log/1", [1, 2]));
        Assert.False(Store.PutIfAbsent("job/log/1", [3]));
        Assert.Equal([1, 2], Store.Read("job/log/1"));
    }

    [Fact]
    public void Of_many_threads_exactly_one_puts_and_its_content_is_there()
    {
        const int threads = 8;
        for (var round = 0; round < 20; round++)
        {
            var path = $"job/log/{round}";
            var won = new bool[threads];
            using var barrier = new Barrier(threads);
            var running = Enumerable.Range(0, threads).Select(i => new Thread(() =>
            {
                barrier.SignalAndWait();
                won[i] = Store.PutIfAbsent(path, [(byte)i, 7, 7]);
            })).ToList();
            running.ForEach(t => t.Start());
            running.ForEach(t => t.Join());
            var winner = Assert.Single(Enumerable.Range(0, threads), i => won[i]);
            Assert.Equal([(byte)winner, 7, 7], Store.Read(path));
        }

        Assert.Equal(20, Store.List("job").Count);
    }

    [Fact]
    public void A_data_file_is_visible_after_commit_only_and_replaces_a_torn_one()
    {
        using (var torn = Store.Create("job/chk-1/1/state-0-0"))
        {
            torn.Write([9, 9, 9]);
            Assert.False(Store.Exists("job/chk-1/1/state-0-0"));
            Assert.Empty(Store.List(""));
        }

        Assert.Empty(Store.List(""));
        foreach (var content in new byte[][] { [1, 2, 3], [4, 5] })
        {
            using var file = Store.Create("job/chk-1/1/state-0-0");
            file.Write(content);
            file.Commit();
            Assert.Equal(content, Store.Read("job/chk-1/1/state-0-0"));
        }
    }

    [Fact]
    public void A_range_is_read_whole_or_refused()
    {
        Store.PutIfAbsent("f", [1, 2, 3, 4]);
        Assert.Equal([2, 3], Store.Read("f", 1, 2));
        Assert.Equal([], Store.Read("f", 4, 0));
        var error = Assert.Throws<CheckpointStorageException>(() => Store.Read("f", 2, 3));
        Assert.Contains("'f'", error.Message);
        Assert.Contains("torn", error.Message);
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        Assert.Contains("'job/none'", Assert.Throws<CheckpointStorageException>(() => Store.Read("job/none")).Message);
        Assert.Contains("'job/none'", Assert.Throws<CheckpointStorageException>(() => Store.Read("job/none", 0, 1)).Message);
        Assert.False(Store.Exists("job/none"));
        Assert.Empty(Store.List("job"));
        Store.Delete("job/none");
        Store.DeleteFolder("job");
    }

    [Fact]
    public void A_listing_is_recursive_in_ordinal_order_and_keeps_to_its_folder()
    {
        foreach (var path in new[] { "a/b/2", "a/b/10", "a/B", "ab/1", "a/c" })
        {
            Store.PutIfAbsent(path, []);
        }

        Assert.Equal(["a/B", "a/b/10", "a/b/2", "a/c"], Store.List("a"));
        Store.DeleteFolder("a/b");
        Store.Delete("a/c");
        Assert.Equal(["a/B", "ab/1"], Store.List(""));
        Assert.True(Store.PutIfAbsent("a/b/2", [1]));
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("/etc/x")]
    [InlineData("a/../../x")]
    [InlineData("a//x")]
    [InlineData("a\\x")]
    [InlineData("")]
    [InlineData(".tmp-x")]
    [InlineData("C:/x")]
    [InlineData("a/x.")]
    [InlineData("a\nb")]
    public void A_path_that_could_leave_the_store_is_refused(string path)
    {
        Assert.Throws<CheckpointStorageException>(() => Store.PutIfAbsent(path, []));
        Assert.Throws<CheckpointStorageException>(() => Store.Create(path));
        Assert.Throws<CheckpointStorageException>(() => Store.Read(path));
        Assert.Throws<CheckpointStorageException>(() => Store.Delete(path));
        Assert.Throws<CheckpointStorageException>(() => Store.DeleteFolder(path));
    }
}

public sealed class InMemoryStoreTests : StoreContract
{
    protected override ICheckpointStore Store { get; } = new InMemoryCheckpointStore();
}

public sealed class FaultyStoreTests : StoreContract
{
    protected override ICheckpointStore Store { get; } = new FaultyCheckpointStore(new InMemoryCheckpointStore());
}

public sealed class FileSystemStoreTests : StoreContract, IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public FileSystemStoreTests() => Store = new FileSystemCheckpointStore(_folder.File("root/of/jobs"));

    protected override ICheckpointStore Store { get; }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Nothing_temporary_stays_behind()
    {
        Store.PutIfAbsent("job/log/1", [1]);
        Store.PutIfAbsent("job/log/1", [2]);
        using (var file = Store.Create("job/state"))
        {
            file.Write([1]);
            file.Commit();
        }

        Store.Create("job/other").Dispose();
        Assert.Equal(2, Directory.GetFiles(_folder.Path, "*", SearchOption.AllDirectories).Length);
    }

    [Fact]
    public void Leftovers_of_a_crash_are_not_listed_and_go_after_a_day()
    {
        Store.PutIfAbsent("job/log/1", [1]);
        var fresh = _folder.File("root/of/jobs/job/log/.tmp-fresh");
        var old = _folder.File("root/of/jobs/job/log/.tmp-old");
        File.WriteAllText(fresh, "x");
        File.WriteAllText(old, "x");
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddDays(-2));
        Assert.Equal(["job/log/1"], Store.List("job"));
        Assert.True(File.Exists(fresh));
        Assert.False(File.Exists(old));
    }

    [Fact]
    public void A_file_where_a_directory_has_to_be_is_an_error_that_names_path_and_directory()
    {
        Store.PutIfAbsent("job", [1]);
        foreach (var error in new[]
        {
            Assert.Throws<CheckpointStorageException>(() => Store.PutIfAbsent("job/log/1", [1])),
            Assert.Throws<CheckpointStorageException>(() => Store.Create("job/log/1")),
        })
        {
            Assert.Contains("'job/log/1'", error.Message);
            Assert.Contains(_folder.Path, error.Message);
            Assert.NotNull(error.InnerException);
        }
    }

    [Fact]
    public void A_directory_where_a_file_has_to_be_is_an_error()
    {
        Directory.CreateDirectory(_folder.File("root/of/jobs/job/log/1"));
        Assert.Throws<CheckpointStorageException>(() => Store.Read("job/log/1"));
        using var file = Store.Create("job/log/1");
        Assert.Throws<CheckpointStorageException>(file.Commit);
    }

    [Fact]
    public void A_full_device_is_said_to_be_full()
    {
        if (!File.Exists("/dev/full"))
        {
            return;
        }

        IOException? full = null;
        try
        {
            using var stream = new FileStream("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            stream.Write([1]);
        }
        catch (IOException e)
        {
            full = e;
        }

        Assert.NotNull(full);
        var error = FileSystemFailure.Describe("written", "job/log/1", "root", full);
        Assert.Contains("'job/log/1'", error.Message);
        Assert.Contains("full", error.Message);
        Assert.Contains("Free space", error.Message);
    }

    [Fact]
    public void Two_stores_on_one_directory_see_each_other()
    {
        var other = new FileSystemCheckpointStore(_folder.File("root/of/jobs"));
        Assert.True(Store.PutIfAbsent("job/log/1", [1]));
        Assert.False(other.PutIfAbsent("job/log/1", [2]));
        Store.DeleteFolder("job");
        Assert.True(other.PutIfAbsent("job/log/1", [2]));
        Assert.Equal([2], Store.Read("job/log/1"));
    }
}
