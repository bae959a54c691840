using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

public sealed class FileSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Out => _folder.File("deep/out");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_epoch_is_seen_when_it_is_committed_and_not_before()
    {
        Attempt attempt = Start(1, 0);
        attempt.Write("a", "b");
        IReadOnlyList<byte[]> first = attempt.End(1);
        attempt.Write("c");
        IReadOnlyList<byte[]> second = attempt.End(2);
        attempt.Write("d");
        Assert.Empty(Visible());
        Assert.All(Directory.GetFiles(Out).Select(Path.GetFileName), name => Assert.Matches(@"^\.part-.*\.inprogress$", name));

        attempt.Committer.Commit(1, first);
        Assert.Equal(["a", "b"], Visible());
        attempt.Committer.Commit(2, second);
        Assert.Equal(["a", "b", "c"], Visible());
        Assert.Empty(attempt.End(3).Skip(1));
        Assert.Empty(attempt.End(4));
    }

    [Fact]
    public void A_commit_may_be_repeated_at_any_time_by_anybody()
    {
        Attempt first = Start(1, 0);
        first.Write("a");
        IReadOnlyList<byte[]> epoch = first.End(1);
        first.Committer.Commit(1, epoch);
        first.Committer.Commit(1, epoch);
        Attempt second = Start(2, 1, subtask: 3, parallelism: 5);
        second.Committer.Commit(1, epoch);
        Assert.Equal(["a"], Visible());
    }

    [Fact]
    public void A_new_attempt_removes_what_no_checkpoint_holds_and_commits_what_it_holds()
    {
        Attempt crashed = Start(1, 0);
        crashed.Write("committed later");
        IReadOnlyList<byte[]> held = crashed.End(1);
        crashed.Write("prepared, checkpoint not completed");
        crashed.End(2);
        crashed.Write([.. Enumerable.Range(0, 1000).Select(i => $"open {i}")]);
        crashed.Settle();
        Assert.Equal(3, Directory.GetFiles(Out).Length);

        Attempt second = Start(2, 1, parallelism: 1);
        Assert.Single(Directory.GetFiles(Out));
        second.Committer.Commit(1, held);
        second.Write("again");
        second.Committer.Commit(3, second.End(3));
        Assert.Equal(["committed later", "again"], Visible());
    }

    [Fact]
    public void Cleaning_leaves_alone_the_files_of_others_and_of_its_own_attempt()
    {
        Attempt own = Start(2, 1);
        own.Write("own");
        own.End(5);
        foreach (TestSinkContext other in (TestSinkContext[])[new() { Uid = "other" }, new() { RunOf = new string('f', 32) }, new() { AttemptOf = 2, SubtaskOf = 1 }])
        {
            Attempt attempt = new(Out, other);
            attempt.Write("x");
            attempt.End(9);
        }

        File.WriteAllText(Path.Combine(Out, ".part-of-something-else"), "");
        Start(2, 1, subtask: 1).Committer.AbortUnprepared();
        Assert.Equal(5, Directory.GetFiles(Out).Length);
    }

    [Fact]
    public void Parts_of_all_subtasks_are_dealt_out_anew_at_another_parallelism()
    {
        List<(long Checkpoint, byte[] Payload)> held = [];
        for (int subtask = 0; subtask < 4; subtask++)
        {
            Attempt attempt = Start(1, 0, subtask, 4);
            attempt.Write($"{subtask}");
            held.AddRange(attempt.End(1).Select(p => (1L, p)));
        }

        for (int subtask = 0; subtask < 2; subtask++)
        {
            Attempt attempt = Start(2, 1, subtask, 2);
            attempt.Committer.Commit(1, [.. held.Where((_, i) => i % 2 == subtask).Select(h => h.Payload)]);
            attempt.Write($"new {subtask}");
            attempt.Committer.Commit(2, attempt.End(2));
        }

        Assert.Equal(["0", "1", "2", "3", "new 0", "new 1"], Visible());
    }

    [Fact]
    public void A_part_that_is_gone_torn_or_foreign_is_named()
    {
        Attempt attempt = Start(1, 0);
        attempt.Write("a");
        IReadOnlyList<byte[]> epoch = attempt.End(1);
        string hidden = Assert.Single(Directory.GetFiles(Out));
        Attempt second = Start(2, 1);

        File.WriteAllText(hidden, "A\n");
        Assert.Contains("torn", Assert.Throws<ConnectorException>(() => second.Committer.Commit(1, epoch)).Message, StringComparison.Ordinal);
        File.WriteAllText(hidden, "");
        Assert.Contains("has 0 bytes, 2 were written", Assert.Throws<ConnectorException>(() => second.Committer.Commit(1, epoch)).Message, StringComparison.Ordinal);
        File.Delete(hidden);
        string gone = Assert.Throws<ConnectorException>(() => second.Committer.Commit(1, epoch)).Message;
        Assert.Contains("AllowMissingParts", gone, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(hidden), gone, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Out, Path.GetFileName(hidden)[1..].Replace(".inprogress", "", StringComparison.Ordinal)), "foreign");
        Assert.Contains("something else wrote it", Assert.Throws<ConnectorException>(() => second.Committer.Commit(1, epoch)).Message, StringComparison.Ordinal);

        File.Delete(Directory.GetFiles(Out).Single());
        using ISinkCommitter lenient = FileSink.Lines(Out).ExactlyOnce().AllowMissingParts().CreateCommitter(new TestSinkContext { AttemptOf = 2 });
        lenient.Commit(1, epoch);
    }

    [Fact]
    public void An_output_folder_that_was_moved_is_committed_where_it_is_now()
    {
        Attempt attempt = Start(1, 0);
        attempt.Write("a");
        IReadOnlyList<byte[]> epoch = attempt.End(1);
        Directory.Move(Out, _folder.File("moved"));
        using ISinkCommitter committer = FileSink.Lines(_folder.File("moved")).ExactlyOnce().CreateCommitter(new TestSinkContext { AttemptOf = 2, Restored = 1 });
        committer.AbortUnprepared();
        committer.Commit(1, epoch);
        Assert.Equal(["a"], Directory.GetFiles(_folder.File("moved")).SelectMany(File.ReadAllLines));
    }

    [Fact]
    public void A_large_epoch_is_several_parts_and_no_record_is_divided()
    {
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => $"{i}:" + new string('x', i % 50))];
        Attempt attempt = new(Out, new TestSinkContext(), FileSink.Lines(Out).WithPartBytes(10_000).WithBlockBytes(1000));
        attempt.Write(lines);
        IReadOnlyList<byte[]> epoch = attempt.End(1);
        Assert.InRange(epoch.Count, 10, 20);
        attempt.Committer.Commit(1, epoch);
        Assert.Equal(lines, Visible());
        Assert.All(Directory.GetFiles(Out), file => Assert.InRange(new FileInfo(file).Length, 1, 11_100));
    }

    [Fact]
    public void Names_sort_by_checkpoint_and_never_repeat()
    {
        foreach ((int attempt, long checkpoint) in ((int, long)[])[(1, 9), (2, 10), (10, 11), (11, 100), (11, 1_000_000)])
        {
            Attempt run = Start(attempt, checkpoint - 1);
            run.Write($"{checkpoint}");
            run.Committer.Commit(checkpoint, run.End(checkpoint));
        }

        Assert.Equal(["9", "10", "11", "100", "1000000"], Visible());

        Attempt other = new(Out, new TestSinkContext { Uid = "a/b" });
        other.Write("x");
        Attempt similar = new(Out, new TestSinkContext { Uid = "a_b" });
        similar.Write("y");
        other.Committer.Commit(1, other.End(1));
        similar.Committer.Commit(1, similar.End(1));
        Assert.Equal(7, Visible().Count);
    }

    [Fact]
    public void A_writer_that_is_closed_leaves_no_open_file_and_keeps_what_was_prepared()
    {
        Attempt attempt = Start(1, 0);
        attempt.Write("a");
        attempt.End(1);
        attempt.Write([.. Enumerable.Range(0, 1000).Select(i => $"{i}")]);
        attempt.Settle();
        Assert.Equal(2, Directory.GetFiles(Out).Length);
        Func<IReadOnlyList<byte[]>> late = attempt.Writer.EndEpoch(2);
        attempt.Writer.Dispose();
        Assert.Single(Directory.GetFiles(Out));
        Assert.Throws<ObjectDisposedException>(late);
    }

    [Fact]
    public void Without_exactly_once_lines_are_seen_when_written_and_durable_at_the_barrier()
    {
        FileSink<string> sink = FileSink.Lines(Out).WithPartBytes(20);
        using (ISinkWriter<string> writer = sink.CreateWriter(new TestSinkContext()))
        {
            writer.Write(["a", "b"], new long[2]);
            Assert.Empty(writer.EndEpoch(1)());
            Assert.Equal(["a", "b"], Visible());
            writer.Write(["c", new string('d', 30)], new long[2]);
            Assert.Empty(writer.EndEpoch(2)());
            writer.Write(["e"], new long[1]);
        }

        Assert.Equal(["a", "b", "c", new string('d', 30), "e"], Visible());
        Assert.Equal(2, Directory.GetFiles(Out).Length);

        // A new attempt never appends to a file that an older one may have torn, or may still be writing.
        using (ISinkWriter<string> writer = sink.CreateWriter(new TestSinkContext { AttemptOf = 2, Restored = 2 }))
        {
            writer.Write(["e"], new long[1]);
        }

        Assert.Equal(3, Directory.GetFiles(Out).Length);
    }

    [Fact]
    public void A_disk_that_is_slow_holds_back_the_stream_and_loses_nothing()
    {
        TestSinkContext context = new();
        Attempt attempt = new(Out, context, FileSink.Lines(Out).WithBlockBytes(100).WithBufferBytes(300));
        string[] lines = [.. Enumerable.Range(0, 20_000).Select(i => $"line {i}")];
        int from = 0;
        while (from < lines.Length)
        {
            int taken = attempt.Writer.Write(lines.AsSpan(from), new long[lines.Length - from]);
            from += taken;
            if (taken == 0)
            {
                context.AwaitWake();
            }
        }

        attempt.Committer.Commit(1, attempt.End(1));
        Assert.Equal(lines, Visible());
    }

    [Fact]
    public void JSON_and_CSV_files_are_read_back()
    {
        Reading[] readings = [new("a\nb", 1, DateTimeOffset.UnixEpoch), new("", -2), new("é,\"", int.MaxValue)];
        Attempt<Reading> json = new(FileSink.JsonLines(Out, ConnectorJson.Default.Reading).ExactlyOnce(), new TestSinkContext());
        json.Write(readings);
        json.Committer.Commit(1, json.End(1));
        Assert.Equal(readings, ReaderHarness<Reading>.ReadAll(FileSource.JsonLines(Out, ConnectorJson.Default.Reading)).Values);
        Assert.StartsWith("{\"sensor\":\"a\\nb\",\"value\":1,", Visible()[0], StringComparison.Ordinal);

        string folder = _folder.File("csv");
        Attempt<Reading> csv = new(FileSink.Csv<Reading>(folder).WithPartBytes(1).ExactlyOnce(), new TestSinkContext());
        csv.Write(readings);
        csv.Committer.Commit(1, csv.End(1));
        Assert.Equal(3, Directory.GetFiles(folder).Length);
        Assert.All(Directory.GetFiles(folder), file => Assert.StartsWith("Sensor,Value,Time\n", File.ReadAllText(file), StringComparison.Ordinal));
        Assert.Equal(readings.Order(Comparer<Reading>.Create((x, y) => x.Value.CompareTo(y.Value))), ReaderHarness<Reading>.ReadAll(FileSource.Csv<Reading>(folder)).Values.OrderBy(r => r.Value));
    }

    [Fact]
    public void A_line_end_in_a_line_and_a_file_for_a_folder_are_refused()
    {
        Attempt attempt = Start(1, 0);
        Assert.Contains("'a", Assert.Throws<InvalidOperationException>(() => attempt.Writer.Write(["a\nb"], new long[1])).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder.File("file"), "");
        Assert.Contains("is a file", Assert.Throws<ConnectorException>(() => FileSink.Lines(_folder.File("file")).CreateWriter(new TestSinkContext())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_goes_away_fails_the_checkpoint_with_its_name()
    {
        Attempt attempt = Start(1, 0);
        Directory.Delete(Out);
        attempt.Write("a");
        ConnectorException e = Assert.Throws<ConnectorException>(() => attempt.End(1));
        Assert.Contains(Out, e.Message, StringComparison.Ordinal);
        Assert.True(e.CanRetry);
        Assert.Throws<ConnectorException>(() => attempt.Writer.Write([new string('x', 300_000)], new long[1]));
    }

    private Attempt Start(int attempt, long restored, int subtask = 0, int parallelism = 1)
    {
        Attempt started = new(Out, new TestSinkContext { AttemptOf = attempt, Restored = restored, SubtaskOf = subtask, ParallelismOf = parallelism });
        started.Committer.AbortUnprepared();
        return started;
    }

    private List<string> Visible() => [.. Directory.GetFiles(Out).Where(f => Path.GetFileName(f)[0] != '.').Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines)];

    private class Attempt<T>
    {
        public Attempt(ITwoPhaseSink<T> sink, TestSinkContext context)
        {
            Committer = sink.CreateCommitter(context);
            Writer = sink.CreateWriter(context);
        }

        public ISinkCommitter Committer { get; }

        public ISinkWriter<T> Writer { get; }

        public void Write(params T[] values) => Assert.Equal(values.Length, Writer.Write(values, new long[values.Length]));

        public IReadOnlyList<byte[]> End(long checkpoint) => Writer.EndEpoch(checkpoint)();
    }

    private sealed class Attempt(string folder, TestSinkContext context, FileSink<string>? sink = null)
        : Attempt<string>((sink ?? FileSink.Lines(folder).WithBlockBytes(100).WithBufferBytes(1 << 30)).ExactlyOnce(), context)
    {
        /// <summary>Waits until the blocks that are full are in a file.</summary>
        public void Settle() => Assert.True(
            SpinWait.SpinUntil(() => Directory.GetFiles(folder, "*-open-*").Any(f => new FileInfo(f).Length > 1000), TimeSpan.FromSeconds(30)), "no block was written");
    }
}
