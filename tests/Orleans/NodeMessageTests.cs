using System.Collections;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Planning;
using OrleansStream.Engine.Sources;
using OrleansStream.Engine.Tasklets;
using OrleansStream.Grains;
using OrleansStream.Serialization;

namespace OrleansStream.Orleans.Tests;

public sealed class NodeMessageTests
{
    private static readonly Serializer s_orleans = new ServiceCollection().AddSerializer(s => s.AddAssembly(typeof(NodeParcel).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void Every_message_of_the_engine_has_a_wire_form_and_is_read_as_it_was_written()
    {
        Random random = new(7);
        List<Type> seen = [];
        for (int round = 0; round < 40; round++)
        {
            NodeMessage[] messages =
            [
                new ExchangeFrame("job", random.Next(9), "n1", new ChannelId(1, random.Next(300), 3), random.Next(int.MaxValue), Bytes(random, random.Next(70_000))),
                new ExchangeFrame("job", 1, "n1", default, 0, ReadOnlyMemory<byte>.Empty),
                new ExchangeAnswer("jöb", 2, "n2", new ChannelId(0, 2, 1), 17, long.MaxValue),
                new ExchangeRefusal("job", 3, "n1", RefusalReason.StaleAttempt, 4),
                new HostRefusal("job", 3, "n1", RefusalReason.NotDeployed, 0),
                new MasterRefusal("job", 3, "n1", RefusalReason.NotMine, 0),
                new HostPacket("job", 5, "n1", 12, [.. Commands(random)], 3, 4, long.MinValue),
                new MasterPacket("job", 5, "n1", 12, [.. Events(random)], 3, 4, 5, random.NextInt64(), round % 2 == 0 ? null : [Metrics(random), Metrics(random)]),
            ];
            seen.AddRange(messages.Select(m => m.GetType()));
            seen.AddRange(messages.OfType<ControlPacket>().SelectMany(p => p.Messages).Select(m => m.GetType()));
            NodeParcel read = s_orleans.Deserialize<NodeParcel>(s_orleans.SerializeToArray(new NodeParcel(messages)))!;
            Assert.Equal(messages.Length, read.Messages.Count);
            for (int i = 0; i < messages.Length; i++)
            {
                AssertSame(messages[i], read.Messages[i], messages[i].GetType().Name);
            }
        }

        // A message that the engine gets later must get a wire form too.
        IEnumerable<Type> all = typeof(NodeMessage).Assembly.GetTypes().Where(t => !t.IsAbstract && (t.IsSubclassOf(typeof(NodeMessage)) || t.IsSubclassOf(typeof(ControlMessage))));
        Assert.Equal(all.Select(t => t.Name).Order(), seen.Distinct().Select(t => t.Name).Order());
    }

    [Fact]
    public void A_message_that_is_cut_off_is_refused_and_not_half_read()
    {
        DataWriter writer = new();
        NodeMessageFormat.Write(writer, new HostPacket("job", 5, "n1", 12, [.. Commands(new Random(1))], 3, 4, 5));
        byte[] whole = writer.ToArray();
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.ThrowsAny<Exception>(() => NodeMessageFormat.Read(new DataReader(whole[..length]), out _));
        }
    }

    private static IEnumerable<ControlMessage> Commands(Random random)
    {
        JobTopology topology = new("hash", [new TopologyVertex("source", 2, true), new TopologyVertex("sink", 1, false)], [new TopologyEdge(0, 1, EdgeShape.AllToAll)]) { Uids = [["source", "map"], ["sink"]], MaxParallelism = 128 };
        Dictionary<SubtaskId, string> places = new() { [new SubtaskId(0, 0)] = "n1", [new SubtaskId(0, 1)] = "n2", [new SubtaskId(1, 0)] = "n1" };
        CompletedCheckpoint checkpoint = new(random.Next(), 2, CheckpointKind.Final, "job/chk-1/2/metadata", "digest");
        yield return new DeploySubtasks("job", 5, "incarnation", StartPoint.Checkpoint(checkpoint.CheckpointId), checkpoint, topology, places);
        yield return new DeploySubtasks("job", 5, "incarnation", StartPoint.Savepoint("a/path"), null, topology, places);
        yield return new CancelSubtasks("job", 5);
        yield return new TriggerCheckpoint("job", 5, new CheckpointBarrier(random.Next(), "folder", random.Next(2) == 0, random.Next(2) == 0, random.Next(2) == 0, 30));
        yield return new CompleteCheckpoint("job", 5, random.NextInt64());
        yield return new AbortCheckpoint("job", 5, 8);
        yield return new AlignSources("job", 5, "group", random.NextInt64());
        yield return new AssignSplits("job", 5, new SubtaskId(0, 1), [new AssignedSplit(new SourceSplit("split", Bytes(random, 20)), random.NextInt64(), true), new AssignedSplit(new SourceSplit("new"), long.MinValue, false)], true);
    }

    private static IEnumerable<ControlMessage> Events(Random random)
    {
        SubtaskId subtask = new(random.Next(10), random.Next(1000));
        yield return new SubtaskRunning("job", 5, subtask);
        yield return new SubtaskInputEnded("job", 5, subtask);
        StateSection[] sections =
        [
            .. Enumerable.Range(0, random.Next(30)).Select(i => new StateSection(
                $"uid-{i / 12}", $"state-{i / 5}", (StateSectionKind)(i / 7), i, random.NextInt64(), random.NextInt64(), (ulong)random.NextInt64())),
        ];
        Dictionary<string, IReadOnlyList<StateDescription>> states = new()
        {
            ["uid-0"] = [new StateDescription("sum", StateSectionKind.Keyed, "string", "long", Bytes(random, 9), Bytes(random, 300)), new StateDescription("list", StateSectionKind.OperatorList, null, null, [], [])],
            ["uid-1"] = [],
        };
        yield return new SubtaskAcknowledged("job", 5, subtask, 77, new SubtaskSnapshot(subtask, "path", 123, sections), states, 5, 6);
        yield return new SubtaskAcknowledged("job", 5, subtask, 77, SubtaskSnapshot.Empty(subtask), new Dictionary<string, IReadOnlyList<StateDescription>>(), 5, 6);
        yield return new SubtaskDeclined("job", 5, subtask, 77, "because");
        yield return new SubtaskCommitted("job", 5, subtask, 77);
        yield return new SubtaskFailed("job", 5, subtask, new SubtaskFailure("Type", "message", FaultOrigin.ExternalSystem, true, null));
        yield return new SubtaskStopped("job", 5, subtask);
    }

    private static SubtaskMetrics Metrics(Random random) => new(
        new SubtaskId(1, 2), [new OperatorCounts(random.NextInt64(), 2, 3, 4, long.MinValue) { HotKeys = [new HotKey("kéy", 0.25), new HotKey("", random.NextDouble())], Lag = random.NextInt64(), AlignmentGroup = "grüp", AlignedMs = random.NextInt64() }, new OperatorCounts(1, 2, 3, 4, long.MaxValue)], 5, 6, 7, random.NextInt64());

    private static byte[] Bytes(Random random, int count)
    {
        byte[] bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }

    // Member by member, since lists have no equality of their own.
    private static void AssertSame(object? expected, object? actual, string path)
    {
        switch (expected)
        {
            case null or string or ValueType and not (ReadOnlyMemory<byte> or OperatorCounts):
                Assert.True(Equals(expected, actual), $"{path}: {expected} became {actual}");
                break;
            case ReadOnlyMemory<byte> bytes:
                Assert.True(bytes.Span.SequenceEqual(((ReadOnlyMemory<byte>)actual!).Span), path);
                break;
            case IDictionary map:
                Assert.Equal(map.Count, ((IDictionary)actual!).Count);
                foreach (DictionaryEntry entry in map)
                {
                    AssertSame(entry.Value, ((IDictionary)actual)[entry.Key], $"{path}[{entry.Key}]");
                }

                break;
            case IEnumerable list:
                object?[] left = [.. list.Cast<object?>()];
                object?[] right = [.. ((IEnumerable)actual!).Cast<object?>()];
                Assert.True(left.Length == right.Length, $"{path}: {left.Length} became {right.Length}");
                for (int i = 0; i < left.Length; i++)
                {
                    AssertSame(left[i], right[i], $"{path}[{i}]");
                }

                break;
            default:
                Assert.Equal(expected.GetType(), actual?.GetType());
                foreach (PropertyInfo property in expected.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetIndexParameters().Length == 0))
                {
                    AssertSame(property.GetValue(expected), property.GetValue(actual), $"{path}.{property.Name}");
                }

                break;
        }
    }
}
