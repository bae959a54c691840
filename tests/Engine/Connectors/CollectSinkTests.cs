namespace OrleansStream.Engine.Tests.Connectors;

public sealed class CollectSinkTests
{
    private readonly CollectedResults _results = new();

    [Fact]
    public void Records_are_there_when_they_are_committed_and_once()
    {
        CollectSink<string> sink = new("out");
        TestSinkContext context = new() { ServicesOf = new OneService(_results) };
        using ISinkWriter<string> writer = sink.CreateWriter(context);
        using ISinkCommitter committer = sink.CreateCommitter(context);
        Write(writer, "a", "b");
        IReadOnlyList<byte[]> first = writer.EndEpoch(1)();
        Write(writer, "c");
        IReadOnlyList<byte[]> second = writer.EndEpoch(2)();
        Assert.Empty(writer.EndEpoch(3)());
        Assert.Empty(_results.Get<string>("out"));

        committer.Commit(1, first);
        committer.Commit(1, first);
        Assert.Equal(["a", "b"], _results.Get<string>("out"));

        // A restart commits what its checkpoint has, by whichever subtask.
        using ISinkCommitter later = sink.CreateCommitter(new TestSinkContext { ServicesOf = new OneService(_results), AttemptOf = 2, SubtaskOf = 1, Restored = 2 });
        later.Commit(1, first);
        later.Commit(2, second);
        Assert.Equal(["a", "b", "c"], _results.Get<string>("out"));
        _results.Clear("out");
        Assert.Empty(_results.Get<string>("out"));
    }

    [Fact]
    public void The_order_is_that_of_checkpoints_and_subtasks_however_they_were_committed()
    {
        CollectSink<int> sink = new("out");
        List<(long Checkpoint, IReadOnlyList<byte[]> Payloads)> all = [];
        for (int subtask = 0; subtask < 3; subtask++)
        {
            TestSinkContext context = new() { ServicesOf = new OneService(_results), SubtaskOf = subtask, ParallelismOf = 3 };
            using ISinkWriter<int> writer = sink.CreateWriter(context);
            for (int checkpoint = 1; checkpoint <= 12; checkpoint++)
            {
                writer.Write([(checkpoint * 10) + subtask], [0]);
                all.Add((checkpoint, writer.EndEpoch(checkpoint)()));
            }
        }

        using ISinkCommitter committer = sink.CreateCommitter(new TestSinkContext { ServicesOf = new OneService(_results) });
        Random random = new(3);
        foreach ((long checkpoint, IReadOnlyList<byte[]> payloads) in all.OrderBy(_ => random.Next()))
        {
            committer.Commit(checkpoint, payloads);
        }

        Assert.Equal(Enumerable.Range(1, 12).SelectMany(c => Enumerable.Range(0, 3).Select(s => (c * 10) + s)), _results.Get<int>("out"));
    }

    [Fact]
    public void Two_runs_of_a_job_are_both_kept_and_a_large_epoch_is_whole()
    {
        CollectSink<byte[]> sink = new("out");
        foreach (string run in (string[])["a", "b"])
        {
            TestSinkContext context = new() { ServicesOf = new OneService(_results), RunOf = run };
            using ISinkWriter<byte[]> writer = sink.CreateWriter(context);
            using ISinkCommitter committer = sink.CreateCommitter(context);
            for (int i = 0; i < 10; i++)
            {
                writer.Write([new byte[1 << 20]], [0]);
            }

            IReadOnlyList<byte[]> payloads = writer.EndEpoch(1)();
            Assert.InRange(payloads.Count, 2, 4);
            committer.Commit(1, payloads);
        }

        Assert.Equal(20, _results.Get<byte[]>("out").Count);
    }

    [Fact]
    public void Another_type_and_a_host_that_collects_nothing_are_named()
    {
        CollectSink<int> sink = new("out");
        TestSinkContext context = new() { ServicesOf = new OneService(_results) };
        using ISinkWriter<int> writer = sink.CreateWriter(context);
        using ISinkCommitter committer = sink.CreateCommitter(context);
        writer.Write([1], [0]);
        committer.Commit(1, writer.EndEpoch(1)());
        Assert.Contains("'out' collects records of the type int, not long", Assert.Throws<InvalidOperationException>(() => _results.Get<long>("out")).Message, StringComparison.Ordinal);
        Assert.Contains("CollectedResults", Assert.Throws<JobDefinitionException>(() => sink.CreateWriter(new TestSinkContext())).Message, StringComparison.Ordinal);
    }

    private static void Write(ISinkWriter<string> writer, params string[] values) => Assert.Equal(values.Length, writer.Write(values, new long[values.Length]));
}
