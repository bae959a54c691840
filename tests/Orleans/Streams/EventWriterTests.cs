using System.Collections.Concurrent;
using OrleansStream.Connectors.Streams.Writing;

namespace OrleansStream.Orleans.Tests.Streams;

/// <summary>What the sink gives to streams, and when an epoch has ended.</summary>
public sealed class EventWriterTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);
    private readonly TestSinkContext _place = new();
    private readonly ConcurrentDictionary<string, Target> _streams = new();

    [Fact]
    public async Task An_epoch_ends_when_all_its_batches_were_taken_and_each_stream_keeps_its_order()
    {
        using EventWriter<int> writer = Writer(batch: 3);
        Target even = Stream("even");
        Target odd = Stream("odd");
        Assert.Equal(10, Write(writer, 0, 10));
        Task first = Task.Run(writer.EndEpoch(1));
        Assert.Equal(4, Write(writer, 10, 4));
        Task second = Task.Run(writer.EndEpoch(2));
        await odd.TakeAsync(3);
        await even.TakeAsync(1);
        Assert.False(first.IsCompleted);
        await even.TakeAsync(1);
        await first.WaitAsync(s_deadline);
        Assert.False(second.IsCompleted);
        await even.TakeAsync(1);
        await second.WaitAsync(s_deadline);
        Assert.Equal([0, 2, 4, 6, 8, 10, 12], even.Events);
        Assert.Equal([1, 3, 5, 7, 9, 11, 13], odd.Events);
        Assert.All(_streams.Values, s => Assert.True(s.Largest <= 3));
        Assert.Equal(0, writer.UnderWay);
    }

    [Fact]
    public async Task No_more_is_taken_than_the_buffer_holds_and_the_subtask_is_woken_when_there_is_room()
    {
        using EventWriter<int> writer = Writer(batch: 4, buffer: 6);
        Target even = Stream("even");
        Assert.Equal(6, Write(writer, Enumerable.Range(0, 10).Select(i => 2 * i)));
        Assert.Equal(0, Write(writer, [100]));
        Assert.Equal(0, _place.Wakes);
        await even.TakeAsync(1);
        await Eventually.IsTrueAsync(() => _place.Wakes > 0, "the subtask to be woken");
        Assert.Equal(4, Write(writer, [12, 14, 16, 18, 20]));
    }

    [Fact]
    public async Task A_provider_that_refuses_is_tried_again()
    {
        using EventWriter<int> writer = Writer();
        Target even = Stream("even");
        even.Refusals = 2;
        Write(writer, [2, 4]);
        Task epoch = Task.Run(writer.EndEpoch(1));
        await even.TakeAsync(1);
        await epoch.WaitAsync(s_deadline);
        Assert.Equal([2, 4], even.Events);
        Assert.Equal(0, even.Refusals);
    }

    [Fact]
    public async Task A_provider_that_goes_on_refusing_fails_the_epoch_with_the_stream_and_the_reason()
    {
        using EventWriter<int> writer = Writer(timeout: TimeSpan.Zero);
        Stream("even").Refusals = int.MaxValue;
        Write(writer, [2, 4]);
        ConnectorException failure = await Assert.ThrowsAsync<ConnectorException>(() => Task.Run(writer.EndEpoch(1)).WaitAsync(s_deadline));
        Assert.True(failure.CanRetry);
        Assert.Contains("'writer': writing stream 'ns/even' of provider 'p' failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("the queue is full", failure.Message, StringComparison.Ordinal);
        Assert.Throws<ConnectorException>(() => Write(writer, [6]));
    }

    [Fact]
    public async Task A_writer_that_is_closed_lets_nobody_wait()
    {
        EventWriter<int> writer = Writer();
        Write(writer, [2]);
        Task epoch = Task.Run(writer.EndEpoch(1));
        writer.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => epoch.WaitAsync(s_deadline));
    }

    [Fact]
    public void A_record_without_a_key_is_named()
    {
        using EventWriter<int> writer = new(_place, Options(), _ => "", key => Stream(key).GiveAsync);
        UserCodeException failure = Assert.Throws<UserCodeException>(() => Write(writer, [42]));
        Assert.Contains("42", failure.Message, StringComparison.Ordinal);
    }

    private static StreamSinkOptions Options(int batch = 100, int buffer = 1000, TimeSpan? timeout = null) =>
        new() { Provider = "p", Namespace = "ns", Batch = batch, Buffer = buffer, Timeout = timeout ?? s_deadline };

    private EventWriter<int> Writer(int batch = 100, int buffer = 1000, TimeSpan? timeout = null) =>
        new(_place, Options(batch, buffer, timeout), n => n % 2 == 0 ? "even" : "odd", key => Stream(key).GiveAsync);

    private Target Stream(string key) => _streams.GetOrAdd(key, _ => new Target());

    private static int Write(EventWriter<int> writer, int from, int count) => Write(writer, Enumerable.Range(from, count));

    private static int Write(EventWriter<int> writer, IEnumerable<int> values)
    {
        int[] all = [.. values];
        return writer.Write(all, new long[all.Length]);
    }

    /// <summary>A stream that takes a batch when the test says so.</summary>
    private sealed class Target
    {
        private readonly SemaphoreSlim _takes = new(0);
        private readonly SemaphoreSlim _taken = new(0);
        private readonly List<int> _events = [];
        private int _refusals;

        public int Refusals
        {
            get => Volatile.Read(ref _refusals);
            set => Volatile.Write(ref _refusals, value);
        }

        public int Largest { get; private set; }

        public IReadOnlyList<int> Events => _events;

        public async Task TakeAsync(int batches)
        {
            for (int i = 0; i < batches; i++)
            {
                _takes.Release();
                Assert.True(await _taken.WaitAsync(s_deadline), "Waited for a batch.");
            }
        }

        public async Task GiveAsync(int[] events)
        {
            if (Refusals > 0)
            {
                Refusals--;
                throw new InvalidOperationException("the queue is full.");
            }

            Assert.True(await _takes.WaitAsync(s_deadline), "Waited for the test to take a batch.");
            _events.AddRange(events);
            Largest = Math.Max(Largest, events.Length);
            _taken.Release();
        }
    }
}
