using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>Broadcast state and union lists.</summary>
public sealed class BroadcastTests
{
    [Fact]
    public void Every_subtask_has_the_rules_also_after_a_change_of_parallelism()
    {
        foreach (bool attack in new[] { false, true })
        {
            using TwoInputHarness<string, string, string> harness = OperatorHarness.ForBroadcast<string, string, string, string>(
                () => new Greeting(), name => name, new HarnessOptions { MaxParallelism = 16, Parallelism = 2, Attack = attack });
            string[] names = [.. Enumerable.Range(0, 20).Select(i => "n" + i)];

            harness.Send2("hello");
            harness.SendAll1(names.Select(n => (n, 1L)));
            harness.SnapshotAndRestore(5);
            harness.SendAll1(names.Select(n => (n, 2L)));
            harness.SnapshotAndRestore(1).Send2("bye");
            harness.SendAll1(names.Select(n => (n, 3L)));

            Assert.Equal(
                [.. names.SelectMany(n => new[] { $"hello {n} 1", $"hello {n} 2", $"bye {n} 3" }).Order(StringComparer.Ordinal)], harness.Output.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Broadcast_state_is_not_changed_for_a_record_of_the_keyed_stream()
    {
        using TwoInputHarness<string, string, string> harness = OperatorHarness.ForBroadcast<string, string, string, string>(() => new Greeting(), name => name);

        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.Send1("change"));

        Assert.Contains("broadcast state 'word'", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("ProcessBroadcast", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Broadcast_state_needs_a_broadcast_input()
    {
        using OneInputHarness<string, string> harness = OperatorHarness.For(() => new NoBroadcast(), (string s) => s);

        JobDefinitionException e = Assert.Throws<JobDefinitionException>(() => harness.Send("a"));

        Assert.Contains("ConnectBroadcast", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_union_list_comes_to_every_subtask()
    {
        using OneInputHarness<int, string> harness = OperatorHarness.For(() => (ProcessFunction<int, string>)new Seen(), new HarnessOptions { MaxParallelism = 8, Parallelism = 2 });
        harness.Send(1).Send(2).Send(3);

        harness.SnapshotAndRestore(3).Send(4).Send(5).Send(6);

        // Elements of the first subtask, then those of the second; then each its own.
        Assert.Equal(["1 3 2 4", "1 3 2 5", "1 3 2 6"], harness.Output.Skip(3));
    }

    private sealed class Greeting : KeyedBroadcastFunction<string, string, string, string>
    {
        private BroadcastState<string, string> _word = null!;
        private ValueState<int> _times = null!;

        public override void Open(OpenContext context)
        {
            _word = context.State.Broadcast<string, string>("word");
            _times = context.State.Value<int>("times");
        }

        public override void Process(in string name, KeyedContext<string> context, Output<string> output)
        {
            if (name == "change")
            {
                _word.Set("word", name);
            }

            _times.Set(_times.GetOr(0) + 1);
            output.Emit($"{_word.Entries["word"]} {name} {_times.GetOr(0)}");
        }

        public override void ProcessBroadcast(in string word, FunctionContext context, Output<string> output) => _word.Set("word", word);
    }

    private sealed class NoBroadcast : KeyedProcessFunction<string, string, string>
    {
        public override void Open(OpenContext context) => context.State.Broadcast<string, string>("word");

        public override void Process(in string value, KeyedContext<string> context, Output<string> output)
        {
        }
    }

    private sealed class Seen : ProcessFunction<int, string>
    {
        private OperatorListState<int> _seen = null!;

        public override void Open(OpenContext context) => _seen = context.State.UnionList<int>("seen");

        public override void Process(in int value, FunctionContext context, Output<string> output)
        {
            _seen.Add(value);
            output.Emit(string.Join(' ', _seen.Get()));
        }
    }
}
