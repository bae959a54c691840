using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Tests.Serialization;
using OrleansStream.Engine.Windowing;
using OrleansStream.Keys;
using OrleansStream.Serialization;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>What the windows' tests do not see of open sessions: their memory, and the form in which earlier versions stored them.</summary>
public sealed class OpenSessionsTests
{
    private static readonly KeyHasher<int> s_hasher = KeyHasher.For<int>();

    [Fact]
    public void Slots_of_keys_that_fell_silent_are_given_up_when_they_are_more_than_half()
    {
        KeyedState<int> state = new(new OperatorSetup
        {
            Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = 8, BatchSize = 1, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
        });
        OpenSessions<int, long> sessions = new(state);
        EndedSessions<int, long> ended = new();
        Begin(0, 2000, 100);
        End(100, 2000);
        Begin(0, 1500, 200);
        CleanUp();
        // A quarter has fired, and waits for the keys' next sessions.
        Assert.Equal(2000, sessions.Keys.Count);

        sessions.TakeEnded(199, ended);
        Assert.Equal(1500, ended.Count);
        ended.Sort();
        sessions.PutBack(ended);
        CleanUp();
        Assert.Equal(2000, sessions.Keys.Count);

        End(200, 1500);
        CleanUp();
        Assert.Equal(0, sessions.Keys.Count);
        state.Dispose();

        void Begin(int from, int to, long end)
        {
            for (int key = from; key < to; key++)
            {
                ulong hash = s_hasher.Hash(in key);
                ref KeySessions<long> slot = ref sessions.Keys.GetOrAdd(in key, hash, out bool added);
                if (!added)
                {
                    sessions.SlotTaken();
                }

                slot.Youngest = new Session<long> { Start = end - 10, End = end };
                slot.Before.SetNone();
                sessions.Keys.AddDue(hash, ref slot, slot.Due);
            }
        }

        void End(long end, int expected)
        {
            sessions.TakeEnded(end - 1, ended);
            Assert.Equal(expected, ended.Count);
            ended.Clear();
        }

        void CleanUp()
        {
            for (int i = 0; i < 100; i++)
            {
                sessions.CleanUp();
            }
        }
    }

    [Fact]
    public void Sessions_that_were_stored_without_the_one_before_are_read()
    {
        EarlierSession<List<int>> then = new() { Start = 5, End = 15, Others = 2, FirstOther = 7, Accumulator = [1, 2] };
        SerializerRegistry registry = SerializerRegistry.CreateDefault();
        TypeSchema written = registry.Get<EarlierSession<List<int>>>().Schema;
        KeySessionsSerializer<List<int>> now = new(registry.Get<StoredSessions<List<int>>>(), registry.Get<List<int>>());
        KeySessions<List<int>> read = Codec.Read(Codec.Write(then), now.ForSchema(written));
        Assert.Equal((5, 15, 2, 7, true), (read.Youngest.Start, read.Youngest.End, read.Others, read.FirstOther, read.Before.IsNone));
        Assert.Equal([1, 2], read.Youngest.Accumulator);

        Session<List<int>> other = Codec.Evolve<EarlierSession<List<int>>, Session<List<int>>>(then);
        Assert.Equal((5, 15), (other.Start, other.End));
        Assert.Equal([1, 2], other.Accumulator);
    }

    // The session of the youngest and of all others, as it was.
    private struct EarlierSession<TAcc>
    {
        public long Start;
        public long End;
        public int Others;
        public int FirstOther;
        public TAcc Accumulator;
    }
}
