namespace OrleansStream.Engine.Tests.Connectors;

public sealed class ConsoleSinkTests
{
    [Fact]
    public void A_barrier_flushes_every_line_in_order()
    {
        StringWriter target = new();
        using ISinkWriter<int> writer = ConsoleSink.Of<int>("out", target).CreateWriter(new TestSinkContext());
        for (int i = 0; i < 1000; i++)
        {
            Assert.Equal(1, writer.Write([i], [0]));
        }

        Assert.Empty(writer.EndEpoch(1)());
        Assert.Equal(string.Concat(Enumerable.Range(0, 1000).Select(i => $"out> {i}\n")), target.ToString());
    }

    [Fact]
    public void Subtasks_are_numbered_where_there_are_several()
    {
        StringWriter target = new();
        using (ISinkWriter<int> writer = ConsoleSink.Of<int>(null, target, n => $"#{n}").CreateWriter(new TestSinkContext { SubtaskOf = 1, ParallelismOf = 2 }))
        {
            writer.Write([7], [0]);
        }

        Assert.Equal("2> #7\n", target.ToString());
    }

    [Fact]
    public void A_terminal_that_hangs_holds_back_the_stream_and_loses_nothing()
    {
        using GatedWriter target = new();
        TestSinkContext context = new();
        using ISinkWriter<string> writer = ConsoleSink.Of<string>(null, target).CreateWriter(context);
        string line = new('x', 100_000);
        int taken = 0;
        while (writer.Write([line], [0]) == 1)
        {
            Assert.True(++taken < 100, "what waits is not bounded");
        }

        target.Gate.Set();
        context.AwaitWake();
        Assert.Equal(1, writer.Write([line], [0]));
        writer.EndEpoch(1)();
        Assert.Equal((taken + 1) * (line.Length + 1), target.ToString().Length);
    }

    [Fact]
    public void An_output_that_is_closed_fails_the_checkpoint()
    {
        StringWriter target = new();
        target.Dispose();
        using ISinkWriter<int> writer = ConsoleSink.Of<int>(null, target).CreateWriter(new TestSinkContext());
        writer.Write([1], [0]);
        Func<IReadOnlyList<byte[]>> end = writer.EndEpoch(1);
        Assert.Contains("'writer'", Assert.Throws<ConnectorException>(end).Message, StringComparison.Ordinal);
    }

    private sealed class GatedWriter : StringWriter
    {
        public ManualResetEventSlim Gate { get; } = new();

        public override void Flush()
        {
            Gate.Wait(TimeSpan.FromSeconds(30));
            base.Flush();
        }
    }
}
