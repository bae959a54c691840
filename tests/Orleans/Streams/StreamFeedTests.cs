using Orleans.Providers.Streams.Common;
using Orleans.Streams;
using OrleansStream.Connectors.Streams.Reading;

namespace OrleansStream.Orleans.Tests.Streams;

/// <summary>Between a subscription and its reader: what is held back, what is known already, what errors mean.</summary>
public sealed class StreamFeedTests
{
    private readonly Place _place = new();

    [Fact]
    public void A_delivery_completes_when_no_more_waits_than_the_buffer_holds()
    {
        StreamFeed<int> feed = Feed(buffer: 10);
        Task first = feed.OnNextAsync(Events(1, 8));
        Assert.True(first.IsCompletedSuccessfully);
        Task second = feed.OnNextAsync(Events(2, 8));
        Task third = feed.OnNextAsync(Events(3, 1));
        Assert.False(second.IsCompleted);
        Assert.Equal(2, feed.Held);
        Assert.Equal(1, _place.Wakes);
        Assert.Equal([100, 101, 102, 103, 104, 105, 106, 107, 200, 201], Take(feed, 10));
        Assert.False(second.IsCompleted);
        Assert.Equal([202, 203], Take(feed, 2));
        Assert.True(second.IsCompletedSuccessfully && third.IsCompletedSuccessfully);
        Assert.Equal([204, 205, 206, 207, 300], Take(feed, 100));
        Assert.Empty(Take(feed, 100));
        Assert.Equal("event 3.0", feed.Describe());
    }

    [Fact]
    public void What_comes_again_is_taken_once_and_waits_with_the_first_time()
    {
        StreamFeed<int> feed = Feed(buffer: 3);
        Task first = feed.OnNextAsync(Events(1, 5));
        Task again = feed.OnNextAsync(Events(1, 5));
        Assert.False(again.IsCompleted);
        Assert.Equal([100, 101, 102, 103, 104], Take(feed, 100));
        Assert.True(first.IsCompletedSuccessfully && again.IsCompletedSuccessfully);
        Assert.True(feed.OnNextAsync(Events(1, 5)).IsCompletedSuccessfully);
        Assert.Empty(Take(feed, 100));
    }

    [Fact]
    public void A_restored_feed_leaves_out_what_the_checkpoint_has()
    {
        StreamFeed<int> feed = Feed(start: new EventPosition(2, 1, default));
        Assert.Equal("event 2.1", feed.Describe());
        _ = feed.OnNextAsync(Events(1, 3));
        _ = feed.OnNextAsync(Events(2, 4));
        _ = feed.OnNextAsync(Events(3, 1));
        Assert.Equal([202, 203, 300], Take(feed, 100));
    }

    [Fact]
    public void Without_going_back_tokens_tell_nothing_so_nothing_is_left_out()
    {
        StreamFeed<int> feed = Feed(start: new EventPosition(50, 0, default), canRewind: false);
        _ = feed.OnNextAsync(Events(1, 2));
        _ = feed.OnNextAsync(Events(1, 2));
        Assert.Equal([100, 101, 100, 101], Take(feed, 100));
    }

    [Fact]
    public void A_provider_that_lost_patience_is_no_failure_as_long_as_what_it_gave_up_waits_here()
    {
        StreamFeed<int> feed = Feed(buffer: 1);
        _ = feed.OnNextAsync(Events(1, 2));
        Assert.True(feed.OnErrorAsync(new StreamEventDeliveryFailureException("given up")).IsCompletedSuccessfully);
        Assert.Equal([100, 101], Take(feed, 100));

        // Now nothing is held back, so the event did not come here.
        _ = feed.OnErrorAsync(new StreamEventDeliveryFailureException("given up"));
        ConnectorException failure = Assert.Throws<ConnectorException>(() => Take(feed, 100));
        Assert.True(failure.CanRetry);
        Assert.Contains("'reading': the provider 'p' could not deliver an event of stream 'ns/key'", failure.Message, StringComparison.Ordinal);
        Assert.Contains("MaxEventDeliveryTime", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Deliveries_that_wait_are_bounded_and_one_that_was_refused_is_a_failure()
    {
        StreamFeed<int> feed = Feed(buffer: 1);
        for (int i = 1; i <= 16; i++)
        {
            Assert.False(feed.OnNextAsync(Events(i, 2)).IsCompleted);
        }

        InvalidOperationException refused = await Assert.ThrowsAsync<InvalidOperationException>(() => feed.OnNextAsync(Events(17, 2)));
        Assert.Contains("16 batches of stream 'ns/key' wait", refused.Message, StringComparison.Ordinal);
        _ = feed.OnErrorAsync(new StreamEventDeliveryFailureException("given up"));
        Assert.Throws<ConnectorException>(() => Take(feed, 100));
    }

    [Fact]
    public void Events_that_are_gone_end_the_job_unless_it_may_go_on_without()
    {
        StreamFeed<int> feed = Feed();
        _ = feed.OnErrorAsync(new QueueCacheMissException("too old."));
        ConnectorException failure = Assert.Throws<ConnectorException>(() => Take(feed, 100));
        Assert.False(failure.CanRetry);
        Assert.Contains("SkipMissing()", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_feed_that_was_stopped_holds_nobody_back_and_takes_nothing()
    {
        StreamFeed<int> feed = Feed(buffer: 1);
        Task held = feed.OnNextAsync(Events(1, 3));
        Assert.Same(feed, StreamFeed.Find(feed.Id));
        feed.Stop();
        Assert.True(held.IsCompletedSuccessfully);
        Assert.Null(StreamFeed.Find(feed.Id));
        Assert.True(feed.OnNextAsync(Events(2, 3)).IsCompletedSuccessfully);
        feed.Fail("the subscription to", null);
        Assert.Equal([100, 101, 102], Take(feed, 100));
    }

    [Fact]
    public void A_null_event_is_a_bad_record_with_its_place()
    {
        StreamFeed<string> feed = new(_place, Options(10), "ns/key", null, null, canRewind: true);
        _ = feed.OnNextAsync([new("x", new EventSequenceTokenV2(4, 0)), new(null!, new EventSequenceTokenV2(4, 1)), new("y", new EventSequenceTokenV2(4, 2))]);
        SourceOutput<string> output = new(new Batch<string>(10));
        Assert.Equal(2, feed.Take(output, new StreamSequenceToken[10], out int bad));
        Assert.Equal(1, bad);
        Assert.Equal("stream 'ns/key', event 4.1", output.Bad.Single().Where);
    }

    [Fact]
    public void A_position_is_written_and_read_and_a_foreign_one_refused()
    {
        EventPosition position = new(0x0102030405060708, 9, new byte[] { 7, 7 });
        Assert.Equal("010807060504030201090000000707", Convert.ToHexString(position.Write()));
        EventPosition read = EventPosition.Read(position.Write(), "ns/key")!;
        Assert.Equal((position.Sequence, position.Index, "0707"), (read.Sequence, read.Index, Convert.ToHexString(read.Token.Span)));
        Assert.Null(EventPosition.Read(default, "ns/key"));
        Assert.Contains("ns/key", Assert.Throws<StateRestoreException>(() => EventPosition.Read(new byte[] { 2, 0 }, "ns/key")).Message, StringComparison.Ordinal);
        Assert.Contains("namespace 'ns'", Assert.Throws<StateRestoreException>(() => Options(1).KeyOf("other/key")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_is_named_twice_is_refused()
    {
        Assert.Contains("'ns/a' is named twice", Assert.Throws<ArgumentException>(() => OrleansStreamSource.For<int>("p", "ns", "a", "b", "a")).Message, StringComparison.Ordinal);
    }

    private StreamFeed<int> Feed(int buffer = 100, EventPosition? start = null, bool canRewind = true) => new(_place, Options(buffer), "ns/key", start, null, canRewind);

    private static StreamSourceOptions Options(int buffer) => new() { Provider = "p", Namespace = "ns", Keys = ["key"], Buffer = buffer };

    private static List<SequentialItem<int>> Events(int sequence, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new SequentialItem<int>((100 * sequence) + i, new EventSequenceTokenV2(sequence, i)))];

    private static int[] Take(StreamFeed<int> feed, int most)
    {
        SourceOutput<int> output = new(new Batch<int>(most));
        int taken = feed.Take(output, new StreamSequenceToken[most], out _);
        return [.. output.Batch.Values[..taken]];
    }

    private sealed class Place : SourceContext
    {
        public int Wakes { get; private set; }

        public override string OperatorName => "reading";

        public override int Subtask => 0;

        public override int Parallelism => 1;

        public override IServiceProvider Services => throw new InvalidOperationException("The feed needs no services.");

        public override long ProcessingTime => 0;

        public override void Wake() => Wakes++;

        public override void WakeAt(long processingTime)
        {
        }
    }
}
