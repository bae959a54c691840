using System.Buffers;
using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Checkpointing;

public sealed class SnapshotFileTests
{
    private const string Path = "job/chk-3/1/state-2-0";
    private readonly InMemoryCheckpointStore _store = new();

    [Fact]
    public void Sections_of_any_sizes_are_read_back_at_once_and_in_blocks() =>
        Prop.ForAll(Gen.Choose(0, 300_000).ListOf().Resize(6).ToArbitrary(), Gen.Choose(7_000, 200_000).ToArbitrary(), (sizes, block) =>
        {
            var contents = sizes.Select((size, i) => Bytes(size, i)).ToList();
            var snapshot = Write(contents);
            Assert.Equal(sizes.Count, snapshot.Sections.Count);
            var reader = new SubtaskSnapshotReader(_store, snapshot);
            foreach (var (section, content) in snapshot.Sections.Zip(contents))
            {
                Assert.Equal(content, reader.Read(section));
                var stream = reader.Open(section, block);
                var read = new List<byte>();
                for (var next = stream.Next(); next.Length > 0; next = stream.Next())
                {
                    read.AddRange(next);
                }

                Assert.Equal(content, read);
            }

            if (sizes.Count > 0)
            {
                FileEnvelope.Open(Path, CheckpointFileKind.SubtaskState, _store.Read(Path));
                Assert.Equal(snapshot.Length, _store.Read(Path).Length);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_subtask_without_state_writes_no_file()
    {
        var snapshot = Write([]);
        Assert.Null(snapshot.Path);
        Assert.Empty(_store.List(""));
    }

    [Fact]
    public void A_buffer_larger_than_a_block_can_be_asked_for()
    {
        using var writer = new SubtaskSnapshotWriter(_store, Path, new(2, 0), 64 * 1024);
        writer.BeginSection("op", "s", StateSectionKind.OperatorList);
        var content = Bytes(200_000, 1);
        writer.Write([5]);
        content.CopyTo(writer.GetSpan(content.Length));
        writer.Advance(content.Length);
        ((IBufferWriter<byte>)writer).GetSpan(1)[0] = 6;
        writer.Advance(1);
        writer.EndSection();
        var snapshot = writer.Complete();
        Assert.Equal([5, .. content, 6], new SubtaskSnapshotReader(_store, snapshot).Read(snapshot.Sections[0]));
    }

    [Fact]
    public void A_writer_that_is_given_up_leaves_nothing()
    {
        using (var writer = new SubtaskSnapshotWriter(_store, Path, new(2, 0)))
        {
            writer.BeginSection("op", "s", StateSectionKind.Keyed, 1);
            writer.Write(new byte[500_000]);
        }

        Assert.Empty(_store.List(""));
    }

    [Fact]
    public void A_changed_byte_is_refused_with_file_operator_state_and_group()
    {
        var snapshot = Write([Bytes(1000, 0), Bytes(1000, 1)]);
        var file = _store.Read(Path);
        file[snapshot.Sections[1].Offset + 10] ^= 1;
        Replace(file);
        var reader = new SubtaskSnapshotReader(_store, snapshot);
        Assert.Equal(Bytes(1000, 0), reader.Read(snapshot.Sections[0]));
        var error = Assert.Throws<CheckpointStorageException>(() => reader.Read(snapshot.Sections[1]));
        foreach (var part in new[] { Path, "'op'", "'state-1'", "key group 1", "checksum" })
        {
            Assert.Contains(part, error.Message);
        }

        var stream = reader.Open(snapshot.Sections[1], 600);
        stream.Next();
        Assert.Throws<CheckpointStorageException>(() => stream.Next());
    }

    [Fact]
    public void A_truncated_a_missing_and_a_foreign_file_are_refused_with_operator_and_state()
    {
        var snapshot = Write([Bytes(1000, 0)]);
        var file = _store.Read(Path);
        Replace(file[..500]);
        Assert.Contains("torn", Refused(snapshot));
        Replace(new byte[2000]);
        Assert.Contains("foreign", Refused(snapshot));
        _store.Delete(Path);
        Assert.Contains("missing", Refused(snapshot));
    }

    [Fact]
    public void A_store_that_does_not_answer_is_worth_another_try_and_a_torn_file_is_not()
    {
        var snapshot = Write([Bytes(1000, 0)]);
        var silent = new FaultyCheckpointStore(_store)
        {
            Before = o => o.Kind == StoreOperationKind.Read ? StoreFault.Fails(new CheckpointStorageException("no answer")) : StoreFault.None,
        };
        Assert.True(Assert.Throws<CheckpointStorageException>(() => new SubtaskSnapshotReader(silent, snapshot).Read(snapshot.Sections[0])).CanRetry);
        Replace(_store.Read(Path)[..500]);
        Assert.False(Assert.Throws<CheckpointStorageException>(() => new SubtaskSnapshotReader(_store, snapshot).Read(snapshot.Sections[0])).CanRetry);
    }

    [Fact]
    public void A_full_directory_is_an_error_that_names_the_file_and_nothing_is_visible()
    {
        var full = new FaultyCheckpointStore(_store)
        {
            Before = o => o.Kind == StoreOperationKind.Write ? StoreFault.Full(o.Path) : StoreFault.None,
        };
        using (var writer = new SubtaskSnapshotWriter(full, Path, new(2, 0)))
        {
            writer.BeginSection("op", "s", StateSectionKind.Keyed, 1);
            var error = Assert.Throws<CheckpointStorageException>(() => writer.Write(new byte[500_000]));
            Assert.Contains(Path, error.Message);
        }

        Assert.Empty(_store.List(""));
    }

    [Fact]
    public void An_envelope_refuses_every_truncation_and_every_flipped_bit_by_name()
    {
        var file = FileEnvelope.Wrap(CheckpointFileKind.Metadata, "hello"u8);
        Assert.Equal("hello"u8.ToArray(), FileEnvelope.Open("m", CheckpointFileKind.Metadata, file).ToArray());
        for (var length = 0; length < file.Length; length++)
        {
            Assert.Contains("'m'", Assert.Throws<CheckpointStorageException>(() =>
                FileEnvelope.Open("m", CheckpointFileKind.Metadata, file[..length])).Message);
        }

        for (var bit = 0; bit < file.Length * 8; bit++)
        {
            var flipped = file.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Contains("'m'", Assert.Throws<CheckpointStorageException>(() =>
                FileEnvelope.Open("m", CheckpointFileKind.Metadata, flipped)).Message);
        }

        Assert.Contains("kind Metadata", Assert.Throws<CheckpointStorageException>(() =>
            FileEnvelope.Open("m", CheckpointFileKind.LogEntry, file)).Message);
    }

    private static byte[] Bytes(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private string Refused(SubtaskSnapshot snapshot)
    {
        var message = Assert.Throws<CheckpointStorageException>(() =>
            new SubtaskSnapshotReader(_store, snapshot).Read(snapshot.Sections[0])).Message;
        Assert.Contains("'op'", message);
        Assert.Contains("'state-0'", message);
        return message;
    }

    private void Replace(byte[] content)
    {
        using var file = _store.Create(Path);
        file.Write(content);
        file.Commit();
    }

    private SubtaskSnapshot Write(IReadOnlyList<byte[]> contents)
    {
        using var writer = new SubtaskSnapshotWriter(_store, Path, new(2, 0), 64 * 1024);
        for (var i = 0; i < contents.Count; i++)
        {
            writer.BeginSection("op", $"state-{i}", StateSectionKind.Keyed, i);
            writer.Write(contents[i]);
            writer.EndSection();
        }

        return writer.Complete();
    }
}
