using OrleansStream.Engine.Patterns;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>Random patterns over random events, beside a model that tries all choices of events.</summary>
public sealed class PatternPropertyTests
{
    [Fact]
    public void Matches_are_those_of_the_model_and_nothing_is_left_in_the_buffer()
    {
        int matches = 0;
        for (int seed = 0; seed < 2000; seed++)
        {
            Random random = new(seed);
            (IReadOnlyList<NaiveStep> steps, long? within, Pattern<Step> pattern) = RandomPatterns.Make(random);
            Step[] events = RandomPatterns.Events(random, 9);
            PatternMatcher<Step> matcher = new(PatternCompiler<Step>.Compile(new PatternSettings<Step>(pattern, AfterMatch.NoSkip)), AfterMatch.NoSkip, false);
            KeyMatches<Step> key = new();
            foreach (Step step in events)
            {
                matcher.AdvanceTo(key, step.Time);
                matcher.Feed(key, in step, step.Time);
                if (seed % 2 == 0)
                {
                    key.Shrink();
                }
            }

            matcher.AdvanceTo(key, long.MaxValue);
            string[] expected = [.. new NaiveMatcher(steps, within, events).Run().Order(StringComparer.Ordinal)];
            string[] actual = [.. matcher.Found.Select(Text).Order(StringComparer.Ordinal)];
            Assert.True(
                expected.SequenceEqual(actual),
                $"seed {seed}: {pattern}{Environment.NewLine}events {string.Join(' ', events.Select(e => $"{e.Id}{e.Letter}{e.Number}@{e.Time}"))}{Environment.NewLine}"
                + $"each fits {string.Join("; ", steps.Select(step => $"{step.Name} {string.Join(' ', events.Where(e => step.Fits(e, [])).Select(e => e.Id))}"))}{Environment.NewLine}"
                + $"missing {string.Join(" | ", expected.Except(actual))}{Environment.NewLine}wrong {string.Join(" | ", actual.Except(expected))}");
            matches += actual.Length;
            if (within is not null)
            {
                Assert.True(key.IsEmpty, $"seed {seed}: partial matches outlive Within.");
                Assert.Equal(0, key.LiveNodes);
                Assert.All(key.Nodes[..key.NodeCount].ToArray(), node => Assert.Equal(0, node.Uses));
                Assert.All(key.Events[..key.EventCount].ToArray(), stored => Assert.True(stored.Uses < 0));
            }
        }

        Assert.True(matches > 2000, $"Only {matches} matches were compared.");
    }

    [Fact]
    public void Matches_are_those_of_the_model_whatever_is_suspended_restored_and_rescaled()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            Random random = new(seed);
            (IReadOnlyList<NaiveStep> steps, long? within, Pattern<Step> pattern) = RandomPatterns.Make(random);
            Step[][] perKey = [.. Enumerable.Range(0, 3).Select(k => RandomPatterns.Events(random, 8).Select(e => e with { Key = "k" + k, Id = (100 * k) + e.Id }).ToArray())];
            HarnessOptions options = new()
            {
                MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = seed % 2 == 0, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
            };
            using OneInputHarness<Step, string> harness = OperatorHarness.ForKeyedStream<string, Step, string>(
                stream => stream.Match(pattern).Select(Text), item => item.Key, options);

            // Out of order up to five milliseconds; equal times keep their order.
            Step[] all = [.. perKey.SelectMany(events => events).OrderBy(e => e.Time + (e.Time % 5))];
            long watermark = long.MinValue;
            foreach (Step step in all)
            {
                harness.Send(step, step.Time);
                if (random.Next(3) == 0 && step.Time - 6 > watermark)
                {
                    watermark = step.Time - 6;
                    harness.Watermark(watermark);
                }

                if (random.Next(6) == 0)
                {
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                }
            }

            harness.EndOfInput();
            string[] expected = [.. perKey.SelectMany(events => new NaiveMatcher(steps, within, events).Run()).Order(StringComparer.Ordinal)];
            Assert.True(
                expected.SequenceEqual(harness.Output.Order(StringComparer.Ordinal)),
                $"seed {seed}: {pattern}{Environment.NewLine}expected {string.Join(" | ", expected)}{Environment.NewLine}actual {string.Join(" | ", harness.Output.Order(StringComparer.Ordinal))}");
        }
    }

    [Fact]
    public void Matches_that_skip_past_the_last_event_do_not_overlap_and_are_matches()
    {
        for (int seed = 0; seed < 500; seed++)
        {
            Random random = new(seed);
            (IReadOnlyList<NaiveStep> steps, long? within, Pattern<Step> pattern) = RandomPatterns.Make(random);
            Step[] events = RandomPatterns.Events(random, 12);
            using OneInputHarness<Step, PatternMatch<Step>> harness = OperatorHarness.ForKeyedStream<string, Step, PatternMatch<Step>>(
                stream => stream.Match(pattern, AfterMatch.SkipPastLastEvent).Select(match => match), item => item.Key);
            harness.SendAll([.. events.Select(e => (e, e.Time))]);
            harness.EndOfInput();

            long end = -1;
            string[] possible = [.. new NaiveMatcher(steps, within, events).Run()];
            foreach (PatternMatch<Step> match in harness.Output)
            {
                Assert.Contains(Text(match), possible);
                Assert.True(match.Steps.SelectMany(s => s.Events).Min(e => e.Id) > end, $"seed {seed}: {match} overlaps the one before it.");
                end = match.Steps.SelectMany(s => s.Events).Max(e => e.Id);
            }
        }
    }

    private static string Text(PatternMatch<Step> match) => NaiveMatcher.Text(match.Steps.SelectMany(step => step.Events.Select(e => (step.Name, e.Id))));
}
