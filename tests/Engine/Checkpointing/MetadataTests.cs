using System.Text;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tests.Checkpointing;

public sealed class MetadataTests
{
    private static readonly CheckpointMetadata Sample = new(
        1, "job", 7, 2, CheckpointKind.Savepoint, 100, 200, "plan",
        [new("sum", "Sum", 2, 128, [new("total", StateSectionKind.Keyed, "String", "Int64", [1, 2], [3])])],
        [
            new(new(1, 0), "sp/one/state-1-0", 90,
            [
                new("sum", "total", StateSectionKind.Keyed, 0, 8, 10, 0xFEDCBA9876543210),
                new("sum", "total", StateSectionKind.Keyed, 1, 18, 20, 1),
                new("sink", "epochs", StateSectionKind.Committables, -1, 38, 0, 2),
            ]),
            new(new(1, 1), null, 0, []),
        ]);

    [Fact]
    public void The_format_of_the_metadata_is_frozen()
    {
        var store = new InMemoryCheckpointStore();
        var stored = CheckpointMetadataFile.Write(store, "sp/one", Sample);
        Assert.Equal("sp/one/metadata", stored.Path);
        var json = Encoding.UTF8.GetString(FileEnvelope.Open("m", CheckpointFileKind.Metadata, store.Read(stored.Path)).Span);
        Assert.Equal(
            """
            {"formatVersion":1,"job":"job","checkpointId":7,"attempt":2,"kind":"Savepoint","triggeredAtMs":100,"completedAtMs":200,
            "planHash":"plan","operators":[{"uid":"sum","name":"Sum","parallelism":2,"maxParallelism":128,"states":[{"name":"total",
            "kind":"Keyed","keyType":"String","valueType":"Int64","keySchema":"AQI=","valueSchema":"Aw=="}]}],
            "subtasks":[{"subtask":{"vertex":1,"index":0},"path":"./state-1-0","length":90,"sections":[
            {"operator":"sum","name":"total","kind":"Keyed","parts":[[0,8,10,"fedcba9876543210"],[1,18,20,"0000000000000001"]]},
            {"operator":"sink","name":"epochs","kind":"Committables","parts":[[-1,38,0,"0000000000000002"]]}]},
            {"subtask":{"vertex":1,"index":1},"path":null,"length":0,"sections":[]}]}
            """.ReplaceLineEndings(""),
            json);
    }

    [Fact]
    public void A_savepoint_that_was_moved_is_read_with_its_new_paths()
    {
        var store = new InMemoryCheckpointStore();
        var stored = CheckpointMetadataFile.Write(store, "sp/one", Sample);
        store.PutIfAbsent("elsewhere/metadata", store.Read(stored.Path));
        var read = CheckpointMetadataFile.Read(store, "elsewhere/metadata", stored.Digest);
        Assert.Equal("elsewhere/state-1-0", read.Subtasks[0].Path);
        Assert.Equal(Sample.Subtasks[0].Sections, read.Subtasks[0].Sections);
        Assert.Equal(Sample.Operators[0].States, read.Operators[0].States);
        Assert.Equal(Sample.Subtasks[1].Subtask, read.Subtasks[1].Subtask);
        Assert.Null(read.Subtasks[1].Path);
    }

    [Fact]
    public void Storing_twice_is_fine_and_another_checkpoint_in_the_folder_is_not()
    {
        var store = new InMemoryCheckpointStore();
        var stored = CheckpointMetadataFile.Write(store, "sp/one", Sample);
        Assert.Equal(stored, CheckpointMetadataFile.Write(store, "sp/one", Sample));
        var error = Assert.Throws<CheckpointStorageException>(() =>
            CheckpointMetadataFile.Write(store, "sp/one", Sample with { CheckpointId = 8 }));
        Assert.Contains("sp/one/metadata", error.Message);
    }

    [Fact]
    public void A_savepoint_folder_that_is_in_use_is_refused()
    {
        var store = new InMemoryCheckpointStore();
        CheckpointMetadataFile.RequireFree(store, "sp/one");
        CheckpointMetadataFile.Write(store, "sp/one", Sample);
        var error = Assert.Throws<CheckpointStorageException>(() => CheckpointMetadataFile.RequireFree(store, "sp/one"));
        Assert.Contains("'sp/one' is not empty", error.Message);
    }

    [Fact]
    public void Metadata_with_another_digest_or_a_newer_format_is_refused_by_name()
    {
        var store = new InMemoryCheckpointStore();
        var stored = CheckpointMetadataFile.Write(store, "a", Sample);
        Assert.Contains("'a/metadata'", Assert.Throws<CheckpointStorageException>(() =>
            CheckpointMetadataFile.Read(store, stored.Path, new string('0', 64))).Message);
        CheckpointMetadataFile.Write(store, "b", Sample with { FormatVersion = 2 });
        Assert.Contains("format 2", Assert.Throws<CheckpointStorageException>(() =>
            CheckpointMetadataFile.Read(store, "b/metadata")).Message);
    }

    [Theory]
    [InlineData("FraudJob", "FraudJob")]
    [InlineData("a.b-c_1", "a.b-c_1")]
    public void A_plain_job_name_is_its_folder(string job, string folder) => Assert.Equal(folder, CheckpointLayout.JobFolder(job));

    [Theory]
    [InlineData("../x")]
    [InlineData("ä/ö")]
    [InlineData("nul")]
    [InlineData(".hidden.")]
    [InlineData("with space")]
    public void Any_other_job_name_gets_a_safe_folder_of_its_own(string job)
    {
        var folder = CheckpointLayout.JobFolder(job);
        Assert.DoesNotContain('/', folder);
        CheckpointPath.RequireFile(folder);
        Assert.NotEqual(folder, CheckpointLayout.JobFolder(job + "!"));
    }
}
