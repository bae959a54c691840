using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Patterns;
using OrleansStream.Keys;
using OrleansStream.Serialization;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>What is kept of a key: in snapshots, in many partial matches, and when they are over.</summary>
public sealed class KeyMatchesTests
{
    private static readonly KeyMatchesSerializer<Step> s_serializer = new(SerializerRegistry.CreateDefault().Get<StoredMatches<Step>>());

    [Fact]
    public void A_copy_stays_as_it_was_and_what_is_read_back_goes_on_alike()
    {
        AfterMatch[] strategies = [AfterMatch.NoSkip, AfterMatch.SkipToNext, AfterMatch.SkipPastLastEvent];
        int large = 0;
        for (int seed = 0; seed < 600; seed++)
        {
            Random random = new(seed);
            (_, _, Pattern<Step> pattern) = RandomPatterns.Make(random);
            AfterMatch strategy = strategies[seed % strategies.Length];
            PatternMatcher<Step> matcher = new(PatternCompiler<Step>.Compile(new PatternSettings<Step>(pattern, strategy)), strategy, true);
            KeyMatches<Step> key = new();
            foreach (Step step in RandomPatterns.Events(random, 12))
            {
                KeyMatches<Step> copy = s_serializer.Copy(key);
                byte[] before = Bytes(key);
                KeyMatches<Step> restored = s_serializer.Read(new DataReader(before));
                string found = Feed(matcher, key, step);
                Assert.Equal(before, Bytes(copy));
                Assert.Equal(found, Feed(matcher, restored, step));
                Assert.Equal(Bytes(key), Bytes(restored));
                Assert.Equal(found, Feed(matcher, copy, step));
                large += key.IsLarge ? 1 : 0;
                key.Shrink();
            }
        }

        Assert.True(large > 50, $"Only {large} keys had more than there is room for.");
    }

    [Fact]
    public void A_key_whose_many_partial_matches_are_over_gives_their_memory_back()
    {
        Pattern<Step> pattern = Pattern.Begin<Step>("a").Where(step => step.Letter == 'a').OneOrMore().AllowCombinations()
            .FollowedBy("b").Where(step => step.Letter == 'b').Within(TimeSpan.FromMilliseconds(100));
        PatternMatcher<Step> matcher = new(PatternCompiler<Step>.Compile(new PatternSettings<Step>(pattern, AfterMatch.NoSkip)), AfterMatch.NoSkip, false);
        KeyMatches<Step> key = new();
        for (int i = 0; i < 10; i++)
        {
            Feed(matcher, key, new Step("k", i, 'a', 0, i));
        }

        Feed(matcher, key, new Step("k", 10, 'a', 0, 99));
        Assert.True(key.Nodes.Length > 1000, $"{key.Nodes.Length} slots, {key.LiveNodes} nodes, {key.Runs.Count} partial matches");

        // Only those are left that began with the last event.
        matcher.AdvanceTo(key, 150);
        for (int i = 0; i < 20; i++)
        {
            key.Shrink();
        }

        Assert.False(key.IsLarge);
        Assert.Equal("a: 10; b: 11", Feed(matcher, key, new Step("k", 11, 'b', 0, 151)));
        matcher.AdvanceTo(key, 300);
        Assert.True(key.IsEmpty);
    }

    [Fact]
    public void A_key_whose_events_begin_nothing_has_no_state()
    {
        PatternSettings<Step> settings = new(
            Pattern.Begin<Step>("a").Where(step => step.Letter == 'a').Next("b").Where(step => step.Letter == 'b').Within(TimeSpan.FromMilliseconds(100)), AfterMatch.NoSkip);
        PatternOperator<int, Step, string> op = new(
            new OperatorSetup
            {
                Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = 8, BatchSize = 16, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
            },
            settings,
            (key, match, output) => output.Emit(match.ToString()));
        op.Open();
        KeyHasher<int> hasher = KeyHasher.For<int>();
        KeyedBatch<int, Step> batch = new(100);
        for (int key = 0; key < 100; key++)
        {
            batch.SetKey(key, in key, hasher.Hash(in key));
            batch.Values[key] = new Step("k", key, key == 50 ? 'a' : 'b', 0, key);
            batch.Timestamps[key] = key;
        }

        batch.Count = 100;
        Assert.Equal(100, op.Receive(batch, 0));
        Assert.True(op.Control(Engine.Channels.Element.Watermark(49)));
        Assert.Equal(0, op.Keyed.Pool.Statistics.LiveBlocks);
        Assert.True(op.Control(Engine.Channels.Element.Watermark(99)));
        Assert.Equal(1, op.KeysUnderWay);
        Assert.True(op.Control(Engine.Channels.Element.Watermark(150)));
        Assert.Equal(0, op.KeysUnderWay);
        op.Close();
    }

    [Fact]
    public void State_of_a_version_that_kept_waiting_events_with_the_matches_is_refused()
    {
        TypeSchema earlier = SerializerRegistry.CreateDefault().Get<EarlierMatches>().Schema;

        StateRestoreException e = Assert.Throws<StateRestoreException>(() => s_serializer.ForSchema(earlier));

        Assert.Contains("earlier version", e.Message, StringComparison.Ordinal);
        Assert.Contains("--drain", e.Message, StringComparison.Ordinal);
    }

    private static string Feed(PatternMatcher<Step> matcher, KeyMatches<Step> key, Step step)
    {
        matcher.AdvanceTo(key, step.Time);
        matcher.Feed(key, in step, step.Time);
        string found = string.Join(" | ", matcher.Found.Concat(matcher.TimedOut.Select(t => t.Match))
            .Select(match => NaiveMatcher.Text(match.Steps.SelectMany(s => s.Events.Select(e => (s.Name, e.Id))))));
        matcher.Found.Clear();
        matcher.TimedOut.Clear();
        return found;
    }

    private static byte[] Bytes(KeyMatches<Step> key)
    {
        DataWriter writer = new();
        s_serializer.Write(writer, in key);
        return writer.ToArray();
    }

    private sealed record EarlierMatches(List<TimedRecord<Step>> Waiting, List<int> Runs);
}
