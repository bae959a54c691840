using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Patterns;

/// <summary>What can never match, never end or means nothing is refused when the graph is built, with the step and a remedy.</summary>
public sealed class PatternRulesTests
{
    private static readonly TimeSpan s_time = TimeSpan.FromSeconds(1);

    public static TheoryData<string, Func<Pattern<Step>>> Refused() => new()
    {
        { "two steps 'a'", () => A().FollowedBy("a") },
        { "no event fits", () => A().Within(TimeSpan.Zero) },
        { "can never match: NotNext 'b' has no Where", () => A().NotNext("b").FollowedBy("c") },
        { "never ends: NotFollowedBy 'b' is its last step", () => A().NotFollowedBy("b").Where(_ => true) },
        { "never ends: the group that begins with 'b' is repeated", () => A().FollowedBy(Pattern.Begin<Step>("b").Optional()).OneOrMore() },
        { "3 to 2 repetitions of step 'a' can never match", () => A().Times(3, 2) },
        { "is Consecutive but comes once", () => A().Consecutive() },
        { "Until, which ends endless repetitions", () => A().Times(2).Until(_ => true) },
        { "greedy and allows combinations", () => A().OneOrMore().Greedy().AllowCombinations() },
        { "greedy but comes once", () => A().Greedy() },
        { "is optional and comes after step 'a', which is greedy", () => A().OneOrMore().Greedy().FollowedBy("b").Optional() },
        { "which is optional: what must not follow it", () => A().FollowedBy("b").Optional().NotNext("c").Where(_ => true).Next("d") },
        { "cannot be repeated, greedy or optional", () => A().NotNext("c").Where(_ => true).OneOrMore().Next("d") },
        { "has a Where. Conditions belong to its steps", () => Pattern.Begin(A()).Where(_ => true) },
        { "is greedy, which only a single step can be", () => Pattern.Begin(A()).OneOrMore().Greedy() },
        { "has a Within of its own", () => A().FollowedBy(Pattern.Begin<Step>("b").Within(s_time)) },
        { "more than the Within(1000 ms)", () => A().FollowedBy("b").WithinPrevious(2 * s_time).Within(s_time) },
        { "Or of step 'a' has nothing before it", () => Pattern.Begin<Step>("a").Or(_ => true) },
        { "is the last step of a group", () => Pattern.Begin(A().NotFollowedBy("b").Where(_ => true)).FollowedBy("c").Within(s_time) },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void A_pattern_without_meaning_is_refused(string message, Func<Pattern<Step>> pattern)
    {
        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => Match(pattern(), AfterMatch.NoSkip));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Skipping_to_a_step_that_has_no_events_is_refused()
    {
        Pattern<Step> pattern = A().NotNext("b").Where(_ => true).FollowedBy("c");

        Assert.Contains("'a', 'c'", Assert.Throws<JobDefinitionException>(() => Match(pattern, AfterMatch.SkipToFirst("b"))).Message, StringComparison.Ordinal);
        Assert.Contains("'a', 'c'", Assert.Throws<JobDefinitionException>(() => Match(pattern, AfterMatch.SkipToLast("x"))).Message, StringComparison.Ordinal);
        Assert.Throws<JobDefinitionException>(() => AfterMatch.SkipToNext.ThrowOnMiss());
    }

    [Fact]
    public void A_condition_that_asks_for_an_unknown_step_fails_with_the_steps()
    {
        using OneInputHarness<Step, string> harness = Match(A().Next("b").Where((_, match) => match["c"].Count == 0), AfterMatch.NoSkip);
        harness.Send(new Step("k", 0, 'a', 0, 1), 1).Send(new Step("k", 1, 'a', 0, 2), 2);

        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.EndOfInput());

        Assert.Contains("no step 'c'. Its steps are", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("the Where of step 'b' with the event", e.Message, StringComparison.Ordinal);
        Assert.Contains("of key k", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_of_repetitions_that_throws_is_named_with_its_step_also_in_processing_time()
    {
        Pattern<Step> pattern = Pattern.Begin(A().OneOrMore().Until((_, match) => match["a"][5].Letter == 'a'));
        using OneInputHarness<Step, string> harness = OperatorHarness.ForKeyedStream<string, Step, string>(
            stream => stream.Match(pattern).InProcessingTime().Select(match => match.ToString()), step => step.Key);

        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.Send(new Step("k", 0, 'a', 0, 1), 1).Send(new Step("k", 1, 'a', 0, 2), 2));

        Assert.Contains("the Until of step 'a' with the record", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_match_that_cannot_skip_fails_where_it_is_told_to()
    {
        Pattern<Step> pattern = A().Optional().Next("b");
        using OneInputHarness<Step, string> harness = Match(pattern, AfterMatch.SkipToFirst("a").ThrowOnMiss());
        harness.Send(new Step("k", 0, 'z', 0, 1), 1);

        Assert.Contains("cannot skip to step 'a'", Assert.Throws<UserCodeException>(() => harness.EndOfInput()).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_without_a_timestamp_is_refused_in_event_time()
    {
        using OneInputHarness<Step, string> harness = Match(A(), AfterMatch.NoSkip);

        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.Send(new Step("k", 0, 'a', 0, 1), Batch<Step>.NoTimestamp));

        Assert.Contains("InProcessingTime", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_pattern_does_not_take_up_the_partial_matches_of_the_earlier_one()
    {
        bool isChanged = false;
        using OneInputHarness<Step, string> harness = OperatorHarness.ForKeyedStream<string, Step, string>(
            stream => stream.Match(isChanged ? A().FollowedBy("b").Optional().FollowedBy("c") : A().FollowedBy("c")).Select(match => match.ToString()), step => step.Key);
        harness.Send(new Step("k", 0, 'a', 0, 1), 1);
        isChanged = true;

        StateRestoreException e = Assert.Throws<StateRestoreException>(() => harness.SnapshotAndRestore());

        Assert.Contains("its pattern has changed", e.Message, StringComparison.Ordinal);
        Assert.Contains("allow dropped state", e.Message, StringComparison.Ordinal);
    }

    private static Pattern<Step> A() => Pattern.Begin<Step>("a").Where(step => step.Letter == 'a');

    private static OneInputHarness<Step, string> Match(Pattern<Step> pattern, AfterMatch afterMatch)
    {
        OneInputHarness<Step, string> harness = OperatorHarness.ForKeyedStream<string, Step, string>(
            stream => stream.Match(pattern, afterMatch).Select(match => match.ToString()), step => step.Key);
        harness.Watermark(long.MinValue);
        return harness;
    }
}
