using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;
using OrleansStream.Grains;

namespace OrleansStream.Orleans.Tests;

public sealed class PeerLineTests
{
    private readonly List<(NodeParcel Parcel, TaskCompletionSource Answer)> _calls = [];
    private int _begun;
    private int _failed;

    [Fact]
    public async Task A_line_has_few_calls_under_way_and_sends_all_messages_in_order()
    {
        PeerLine line = new(CallAsync, 2, () => _begun++, well => Interlocked.Add(ref _failed, well ? 0 : 1));
        for (int i = 1; i <= 500; i++)
        {
            line.Send(Frame(i, 10_000));
        }

        Assert.Equal(2, Count);
        for (int answered = 0; answered < Count; answered++)
        {
            int before = Count;
            // Every third call fails: its messages are lost, and the others go on.
            if (answered % 3 == 2)
            {
                Calls[answered].Answer.SetException(new TimeoutException());
            }
            else
            {
                Calls[answered].Answer.SetResult();
            }

            int sent = Calls.Sum(c => c.Parcel.Messages.Count);
            await Eventually.IsTrueAsync(() => Count > before || sent == 500, "the next call");
            Assert.InRange(Count - answered - 1, 0, 2);
        }

        await Eventually.IsTrueAsync(() => Volatile.Read(ref _failed) == Count / 3, "the failed calls to be counted");
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), Calls.SelectMany(c => c.Parcel.Messages).Select(m => ((ExchangeFrame)m).Number));
        Assert.All(Calls, c => Assert.InRange(c.Parcel.Messages.Sum(m => ((ExchangeFrame)m).Content.Length), 1, 96 << 10));
        Assert.Equal(Count, _begun);
    }

    [Fact]
    public void What_a_peer_does_not_take_is_bounded_and_the_rest_is_lost_and_counted()
    {
        PeerLine line = new(CallAsync, 1, () => { }, _ => { });
        for (int i = 1; i <= 1200; i++)
        {
            line.Send(Frame(i, 64 << 10));
        }

        Assert.InRange(line.Lost, 1200 - 1024 - 2, 1200 - 1000);
    }

    [Fact]
    public async Task A_call_that_throws_at_once_ends_like_one_that_fails_later()
    {
        int ended = 0;
        PeerLine line = new(_ => throw new InvalidOperationException("no such silo"), 1, () => { }, well => Interlocked.Add(ref ended, well ? 100 : 1));
        for (int i = 1; i <= 300; i++)
        {
            line.Send(Frame(i, 64 << 10));
        }

        await Eventually.IsTrueAsync(() => Volatile.Read(ref ended) == 300, "all calls to end");
    }

    private static ExchangeFrame Frame(long number, int bytes) => new("job", 1, "n1", default, number, new byte[bytes]);

    private int Count => Calls.Length;

    // Calls are begun on the threads that end others.
    private (NodeParcel Parcel, TaskCompletionSource Answer)[] Calls
    {
        get
        {
            lock (_calls)
            {
                return [.. _calls];
            }
        }
    }

    private Task CallAsync(NodeParcel parcel)
    {
        TaskCompletionSource answer = new();
        lock (_calls)
        {
            _calls.Add((parcel, answer));
        }

        return answer.Task;
    }
}
