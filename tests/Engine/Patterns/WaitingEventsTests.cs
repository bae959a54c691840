using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Patterns;
using OrleansStream.Engine.State;
using OrleansStream.Keys;
using OrleansStream.Serialization;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>Waiting events come out in order of time, equal ones as they came: beside a list that is sorted.</summary>
public sealed class WaitingEventsTests
{
    private const int Groups = 8;
    private const int Keys = 5;
    private static readonly KeyHasher<int> s_hasher = KeyHasher.For<int>();

    [Theory]
    [InlineData(0, 1, 40)]
    [InlineData(3, 5, 60)]
    [InlineData(50, 20, 200)]
    [InlineData(2000, 3000, 9000)]
    public void Events_come_out_by_time_and_arrival_whatever_their_disorder(int disorder, int perWatermark, int count)
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            WaitingEvents<int, string> waiting = new(NewState());
            List<(int Key, long Time, string Id)> model = [];
            List<(int Key, long Time, string Id)> expected = [];
            List<(int Key, long Time, string Id)> actual = [];
            long watermark = -1;
            for (int i = 0; i < count; i++)
            {
                long time = Math.Max(watermark + 1, (i / 2) + random.Next(-disorder, disorder + 1));
                (int Key, long Time, string Id) added = (random.Next(Keys), time, $"{i}");
                model.Add(added);
                waiting.Add(in added.Key, Hash(added.Key), in added.Id, time);
                if (random.Next(perWatermark) == 0)
                {
                    watermark = Math.Max(watermark, (i / 2) - random.Next(disorder + 1));
                    expected.AddRange(model.Where(e => e.Time <= watermark).OrderBy(e => e.Time));
                    model.RemoveAll(e => e.Time <= watermark);
                    int restoreAfter = random.Next(4) == 0 ? random.Next(10) : int.MaxValue;
                    waiting = Take(waiting, watermark, actual, restoreAfter);
                }
            }

            expected.AddRange(model.OrderBy(e => e.Time));
            Take(waiting, long.MaxValue, actual, int.MaxValue);
            for (int key = 0; key < Keys; key++)
            {
                Assert.Equal(expected.Where(e => e.Key == key), actual.Where(e => e.Key == key));
            }

            Assert.Equal(expected.Count, actual.Count);
        }
    }

    [Fact]
    public void A_snapshot_has_what_waited_when_it_was_taken_whatever_comes_and_goes_meanwhile()
    {
        for (int seed = 0; seed < 40; seed++)
        {
            Random random = new(seed);
            WaitingEvents<int, string> waiting = new(NewState());
            List<string> expected = [];
            for (int i = 0; i < 3000; i++)
            {
                Add(waiting, 1000 + i + random.Next(30), $"{i}");
                expected.Add($"{i}");
            }

            if (random.Next(2) == 0)
            {
                Assert.True(waiting.TryPeek(long.MaxValue, out ReadOnlySpan<WaitingEvent<int, string>> first));
                int dropped = random.Next(first.Length + 1);
                foreach (WaitingEvent<int, string> gone in first[..dropped])
                {
                    expected.Remove(gone.Value);
                }

                waiting.Drop(dropped);
            }

            IFrozenPart frozen = ((IKeyedPart)waiting).Freeze();
            Take(waiting, random.Next(2) == 0 ? long.MaxValue : 2500, [], int.MaxValue);
            for (int i = 0; i < 3000; i++)
            {
                Add(waiting, 5000 + i, "later");
            }

            List<(int Key, long Time, string Id)> restored = [];
            Take(Restored(waiting, frozen), long.MaxValue, restored, int.MaxValue);
            Assert.Equal(expected.Order(StringComparer.Ordinal), restored.Select(e => e.Id).Order(StringComparer.Ordinal));
        }

        void Add(WaitingEvents<int, string> waiting, long time, string id)
        {
            int key = id.Length % Keys;
            waiting.Add(in key, Hash(key), in id, time);
        }
    }

    // Takes everything up to a time in pieces, with a restore after some of it.
    private static WaitingEvents<int, string> Take(WaitingEvents<int, string> waiting, long time, List<(int Key, long Time, string Id)> taken, int restoreAfter)
    {
        long last = long.MinValue;
        while (waiting.TryPeek(time, out ReadOnlySpan<WaitingEvent<int, string>> due))
        {
            int count = Math.Min(due.Length, Math.Max(1, restoreAfter));
            foreach (ref readonly WaitingEvent<int, string> next in due[..count])
            {
                Assert.True(next.Timestamp >= last && next.Timestamp <= time);
                last = next.Timestamp;
                taken.Add((next.Key, next.Timestamp, next.Value));
            }

            waiting.Drop(count);
            if (count >= restoreAfter)
            {
                waiting = Restored(waiting, ((IKeyedPart)waiting).Freeze());
                restoreAfter = int.MaxValue;
            }
        }

        return waiting;
    }

    private static WaitingEvents<int, string> Restored(WaitingEvents<int, string> waiting, IFrozenPart frozen)
    {
        WaitingEvents<int, string> restored = new(NewState());
        for (int group = 0; group < Groups; group++)
        {
            DataWriter writer = new();
            frozen.WriteGroup(group, writer);
            byte[] bytes = writer.ToArray();
            if (bytes.Length > 0)
            {
                restored.ReadGroup(group, new DataReader(bytes), waiting.Describe());
            }
        }

        frozen.Release();
        return restored;
    }

    private static KeyedState<int> NewState() => new(new OperatorSetup
    {
        Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = Groups, BatchSize = 1, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
    });

    private static ulong Hash(int key) => s_hasher.Hash(in key);
}
