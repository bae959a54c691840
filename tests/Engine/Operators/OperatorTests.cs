using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;
using OrleansStream.Serialization;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>Operators without windows, in the harness.</summary>
public sealed class OperatorTests
{
    private static readonly OutputTag<long> s_odd = new("odd");

    public static TheoryData<bool> Modes() => [false, true];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Map_and_filter_keep_order_and_timestamps(bool attack)
    {
        (long Value, long At)[] records = [.. Enumerable.Range(0, 100).Select(i => ((long)i, (long)-i))];
        using OneInputHarness<long, string> map = OperatorHarness.ForMap((long v) => $"v{v}", Options(attack));
        using OneInputHarness<long, long> filter = OperatorHarness.ForFilter((long v) => v % 3 == 0, Options(attack));

        map.SendAll(records).Watermark(5).EndOfInput();
        filter.SendAll(records).Watermark(5).EndOfInput();

        Assert.Equal(records.Select(r => ((object?)$"v{r.Value}", r.At)), Records(map.Log));
        Assert.Equal(records.Where(r => r.Value % 3 == 0).Select(r => ((object?)r.Value, r.At)), Records(filter.Log));
        Assert.Equal([5, long.MaxValue], map.Watermarks);
        Assert.Equal(HarnessOutputKind.End, map.Log[^1].Kind);
        Assert.Equal(attack, map.Suspensions > 0);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void A_flatMap_may_emit_more_than_its_buffer_holds(bool attack)
    {
        (long Value, long At)[] records = [.. Enumerable.Range(0, 12).Select(i => ((long)i * 4, (long)i))];
        using OneInputHarness<long, long> harness = OperatorHarness.ForFlatMap<long, long>(
            static (in long v, Output<long> output) =>
            {
                for (long i = 0; i < v; i++)
                {
                    output.Emit(i);
                }
            },
            Options(attack) with { BatchSize = 3 });

        harness.SendAll(records).Watermark(7);

        Assert.Equal(records.SelectMany(r => Enumerable.Range(0, (int)r.Value).Select(i => ((object?)(long)i, r.At))), Records(harness.Log));
        Assert.Equal([7], harness.Watermarks);
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Side_outputs_get_what_is_sent_to_them(bool attack)
    {
        using OneInputHarness<long, long> harness = OperatorHarness.For<long, long>(() => new EvenAndOdd(), Options(attack)).WithSideOutput(s_odd);

        harness.SendAll(Enumerable.Range(0, 50).Select(i => ((long)i, (long)i)));

        Assert.Equal(Enumerable.Range(0, 25).Select(i => 2L * i), harness.Output);
        Assert.Equal(Enumerable.Range(0, 25).SelectMany(i => Enumerable.Repeat((2L * i) + 1, 3)), harness.SideOutput(s_odd));
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Operator_lists_survive_and_are_dealt_out(bool attack)
    {
        using OneInputHarness<long, long> harness = OperatorHarness.For<long, long>(() => new Remembering(), Options(attack));

        harness.SendAll([(1, 0), (2, 0), (3, 0), (4, 0), (5, 0)]).SnapshotAndRestore(2).SnapshotAndRestore(1).Send(6, 0);

        Assert.Equal([1, 2, 3, 4, 5, 6], harness.Output);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Reduce_and_aggregate_give_what_a_dictionary_gives(int seed)
    {
        Random random = new(seed);
        HarnessOptions options = Options(seed % 2 == 0) with { MaxParallelism = 8, Parallelism = 1 + random.Next(3), BatchSize = 1 + random.Next(5) };
        using OneInputHarness<Amount, Amount> reduce = OperatorHarness.ForReduce((a, b) => a with { Value = a.Value + b.Value }, (Amount a) => a.Key, options);
        using OneInputHarness<Amount, string> aggregate = OperatorHarness.ForAggregate(
            new Listing(), (Amount a) => a.Key, (key, result) => $"{key}={result}", options);
        Dictionary<int, List<long>> model = [];
        List<Amount> reduced = [];
        List<string> aggregated = [];
        for (int step = 0; step < 30; step++)
        {
            (Amount Value, long At)[] batch = [.. Enumerable.Range(0, random.Next(1, 20)).Select(_ => (new Amount(random.Next(7), random.Next(100)), (long)step))];
            foreach ((Amount amount, _) in batch)
            {
                if (!model.TryGetValue(amount.Key, out List<long>? values))
                {
                    model.Add(amount.Key, values = []);
                }

                values.Add(amount.Value);
                reduced.Add(amount with { Value = values.Sum() });
                aggregated.Add($"{amount.Key}={string.Join(',', values)}");
            }

            reduce.SendAll(batch);
            aggregate.SendAll(batch);
            if (random.Next(3) == 0)
            {
                int parallelism = 1 + random.Next(3);
                reduce.SnapshotAndRestore(parallelism);
                aggregate.SnapshotAndRestore(parallelism);
            }
        }

        for (int key = 0; key < 7; key++)
        {
            Assert.Equal(reduced.Where(a => a.Key == key), reduce.Output.Where(a => a.Key == key));
            Assert.Equal(
                aggregated.Where(a => a.StartsWith($"{key}=", StringComparison.Ordinal)), aggregate.Output.Where(a => a.StartsWith($"{key}=", StringComparison.Ordinal)));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Two_inputs_share_the_key_s_state_and_the_smaller_watermark(bool attack)
    {
        using TwoInputHarness<Amount, string, string> harness =
            OperatorHarness.For<int, Amount, string, string>(() => new Joining(), a => a.Key, s => s.Length, Options(attack));

        harness.Send1(new Amount(3, 5), at: 1).Send2("abc", at: 2).Watermark1(10).Send2("xyz", at: 12).Watermark2(9).EndOfInput();

        Assert.Equal(["abc 5", "xyz 5", "timer 7 at 9"], harness.Output);
        Assert.Equal([9, long.MaxValue], harness.Watermarks);
    }

    [Fact]
    public void Mid_stream_timestamps_make_watermarks_behind_their_records()
    {
        using OneInputHarness<long, long> harness = OperatorHarness.ForTimestamps(
            WatermarkStrategy.Monotonous<long>().WithTimestamps(v => v), options: new HarnessOptions { BatchSize = 2 });

        harness.SendAll([(5, 0), (7, 0), (6, 0)]).Watermark(100).At(200).Watermark(long.MaxValue);

        Assert.Equal([5, 7, 6], harness.Output);
        Assert.Equal([5L, 7, 6], harness.Log.Where(o => o.Kind == HarnessOutputKind.Record).Select(o => o.Timestamp));
        Assert.Equal([6, long.MaxValue], harness.Watermarks);
    }

    [Fact]
    public void Errors_of_functions_name_operator_record_and_key()
    {
        HarnessOptions options = new() { Name = "my operator" };
        using OneInputHarness<Amount, Amount> reduce = OperatorHarness.ForReduce<int, Amount>((_, _) => throw new InvalidOperationException("boom"), a => a.Key, options);
        using OneInputHarness<Amount, long> map = OperatorHarness.ForMap<Amount, long>(_ => throw new InvalidOperationException("boom"), options);

        UserCodeException ofReduce = Assert.Throws<UserCodeException>(() => reduce.Send(new Amount(42, 1), 0).Send(new Amount(42, 7), 0));
        UserCodeException ofMap = Assert.Throws<UserCodeException>(() => map.SendAll([(new Amount(42, 7), 0)]));

        Assert.All([ofReduce, ofMap], e => Assert.Contains("'my operator'", e.Message, StringComparison.Ordinal));
        Assert.All([ofReduce, ofMap], e => Assert.Contains("Value = 7", e.Message, StringComparison.Ordinal));
        Assert.Contains("of key 42", ofReduce.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_key_is_refused_and_the_record_named()
    {
        using OneInputHarness<string, string> harness = OperatorHarness.ForReduce((a, b) => a + b, (string s) => s == "bad" ? null! : s);

        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.Send("good", 0).Send("bad", 0));

        Assert.Contains("record bad: the key is null", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_changes_after_the_barrier_does_not_reach_the_snapshot()
    {
        using OneInputHarness<Amount, string> harness = OperatorHarness.For<int, Amount, string>(() => new Mutating(), a => a.Key);
        HarnessSnapshot snapshot = harness.SendAll([(new Amount(1, 10), 0), (new Amount(2, 20), 0)]).Snapshot();

        harness.SendAll([(new Amount(1, 11), 0), (new Amount(2, 21), 0), (new Amount(1, 12), 0)]);
        harness.Restore(snapshot);
        harness.Send(new Amount(1, 13), 0);

        Assert.Equal("value 10,13 list 10,13 map 10,13 sum 10,13", harness.Output[^1]);
    }

    [Fact]
    public void The_snippet_of_the_api_page_works()
    {
        using var harness = OperatorHarness.For(new Alarm(), key: (Amount a) => a.Key);

        harness.Send(new Amount(1, 25), at: 10).Send(new Amount(1, 35), at: 20).Watermark(30).SnapshotAndRestore().Watermark(40);

        Assert.Equal(["25 at 30", "35 at 40"], harness.Output);
    }

    [Fact]
    public void Setting_null_clears_a_value()
    {
        using var harness = OperatorHarness.For(() => new Nulling(), key: (Amount a) => a.Key);

        harness.Send(new Amount(1, 5)).Send(new Amount(1, 0)).SnapshotAndRestore().Send(new Amount(1, 7));

        Assert.Equal([false, true, false], harness.Output);
    }

    [Fact]
    public void A_suspended_operator_goes_on_where_it_was()
    {
        using var harness = OperatorHarness.ForMap((long v) => v);
        harness.Gate.Budget = 0;

        harness.Send(1);
        Assert.Empty(harness.Output);
        Assert.Equal(1, harness.Suspensions);
        harness.Gate.Budget = int.MaxValue;
        harness.Send(2);

        Assert.Equal([1, 2], harness.Output);
    }

    [Fact]
    public void A_function_with_settings_needs_a_factory_for_a_restore()
    {
        using OneInputHarness<long, long> withoutSettings = OperatorHarness.For(new EvenAndOdd()).Send(2).SnapshotAndRestore().Send(4);
        using OneInputHarness<long, long> withSettings = OperatorHarness.For(new EvenAndOdd { Times = 5 }).Send(2);

        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => withSettings.SnapshotAndRestore());

        Assert.Equal([2, 4], withoutSettings.Output);
        Assert.Contains("Times", error.Message, StringComparison.Ordinal);
        Assert.Contains("factory", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_watermark_does_not_go_back_after_a_restore_and_an_interrupted_firing_is_finished_first()
    {
        using OneInputHarness<Amount, string> harness = OperatorHarness.For<int, Amount, string>(() => new Alarm(), a => a.Key);
        harness.SendAll([(new Amount(1, 10), 0), (new Amount(1, 20), 0), (new Amount(1, 30), 0), (new Amount(1, 90), 0)]);
        harness.Gate.Budget = 1;
        harness.Watermark(50);
        HarnessSnapshot snapshot = harness.Snapshot();
        harness.Gate.Budget = int.MaxValue;

        // As if upstream, restored too, began lower: what its new subtask says is below the watermark that was firing.
        harness.Restore(snapshot, parallelism: 2).Watermark(60);

        Assert.Equal(["10 at 50", "20 at 50", "30 at 50"], harness.Output);
        Assert.Equal([50, 60], harness.Watermarks);
    }

    [Fact]
    public void An_interrupted_firing_goes_on_with_its_own_watermark_whatever_upstream_says_first()
    {
        HarnessOptions options = new();
        Alarm alarm = new();
        KeyedProcessOperator<int, Amount, string> op = new(Setup(), alarm);
        BudgetSink sink = new();
        op.Main.AddTarget(sink);
        op.OpenInBackground();
        op.Open();
        KeyedTimers(op, 10, 20, 30);
        sink.Budget = 1;
        Assert.False(op.Control(Engine.Channels.Element.Watermark(50)));

        sink.Budget = 100;
        Assert.True(op.Control(Engine.Channels.Element.Watermark(25)));

        Assert.Equal(["10 at 50", "20 at 50", "30 at 50"], sink.Records);
        Assert.DoesNotContain(25, sink.Watermarks);
        op.Close();

        OperatorSetup Setup() => new()
        {
            Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = 8, BatchSize = 1, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
        };
    }

    [Fact]
    public void Timers_that_move_with_every_record_do_not_fill_the_index()
    {
        OperatorSetup setup = new()
        {
            Name = "o", Uid = "o", Subtask = 0, Parallelism = 1, MaxParallelism = 8, BatchSize = 1, Host = new HarnessHost(null, 0), Serializers = SerializerRegistry.CreateDefault(),
        };
        KeyedState<long> state = new(setup);
        TimerQueue<long> timers = new(state, "timers");
        for (int i = 0; i < 10_000; i++)
        {
            long key = i % 10;
            timers.Register(in key, state.Hasher.Hash(in key), 1_000_000 + i);
            timers.Delete(in key, state.Hasher.Hash(in key), 1_000_000 + i - 10);
        }

        Assert.InRange(timers.IndexSize, 10, 200);
        List<long> fired = [];
        while (timers.TryTake(long.MaxValue, out _, out _, out long time))
        {
            fired.Add(time);
        }

        Assert.Equal(Enumerable.Range(1_009_990, 10).Select(t => (long)t), fired);
        state.Dispose();
    }

    private static void KeyedTimers(KeyedProcessOperator<int, Amount, string> op, params long[] times)
    {
        Engine.Exchange.KeyedBatch<int, Amount> batch = new(times.Length);
        foreach (long time in times)
        {
            batch.SetKey(batch.Count, 1, op.Keyed.Hasher.Hash(1));
            batch.Add(new Amount(1, time), 0);
        }

        Assert.Equal(times.Length, op.Receive(batch, 0));
    }

    private static HarnessOptions Options(bool attack) => new() { Attack = attack, MaxParallelism = 8 };

    private static IEnumerable<(object? Value, long Timestamp)> Records(IEnumerable<HarnessOutput> log) =>
        log.Where(o => o.Kind == HarnessOutputKind.Record).Select(o => (o.Value, o.Timestamp));

    public sealed record Amount(int Key, long Value);

    private sealed class EvenAndOdd : ProcessFunction<long, long>
    {
        public int Times { get; init; } = 3;

        public override void Process(in long value, FunctionContext context, Output<long> output)
        {
            if (value % 2 == 0)
            {
                output.Emit(value);
                return;
            }

            for (int i = 0; i < Times; i++)
            {
                context.Emit(s_odd, value);
            }
        }
    }

    private sealed class Remembering : ProcessFunction<long, long>
    {
        private OrleansStream.State.OperatorListState<long> _seen = null!;

        public override void Open(OpenContext context) => _seen = context.State.OperatorList<long>("seen");

        public override void Process(in long value, FunctionContext context, Output<long> output)
        {
            _seen.Add(value);
            if (value == 6)
            {
                foreach (long seen in _seen.Get().Order())
                {
                    output.Emit(seen);
                }
            }
        }
    }

    private sealed class Alarm : KeyedProcessFunction<int, Amount, string>
    {
        public override void Process(in Amount value, KeyedContext<int> context, Output<string> output) => context.Timers.RegisterEventTime(value.Value);

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) => output.Emit($"{timer.Time} at {context.Watermark}");
    }

    /// <summary>Says whether there was a value; 0 stands for null.</summary>
    private sealed class Nulling : KeyedProcessFunction<int, Amount, bool>
    {
        private OrleansStream.State.ValueState<string?> _text = null!;

        public override void Open(OpenContext context) => _text = context.State.Value<string?>("text");

        public override void Process(in Amount value, KeyedContext<int> context, Output<bool> output)
        {
            output.Emit(_text.TryGet(out _));
            _text.Set(value.Value == 0 ? null : value.Value.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private sealed class Joining : KeyedCoProcessFunction<int, Amount, string, string>
    {
        private OrleansStream.State.ValueState<Amount> _amount = null!;

        public override void Open(OpenContext context) => _amount = context.State.Value<Amount>("amount");

        public override void Process1(in Amount value, KeyedContext<int> context, Output<string> output)
        {
            _amount.Set(value);
            context.Timers.RegisterEventTime(7);
        }

        public override void Process2(in string value, KeyedContext<int> context, Output<string> output) =>
            output.Emit($"{value} {(_amount.TryGet(out Amount? amount) ? amount.Value : -1)}");

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output) => output.Emit($"timer {timer.Time} at {context.Watermark}");
    }

    private sealed class Listing : IAggregate<Amount, List<long>, string>
    {
        public List<long> Create() => [];

        public void Add(ref List<long> accumulator, in Amount value) => accumulator.Add(value.Value);

        public string Result(in List<long> accumulator) => string.Join(',', accumulator);
    }

    private sealed class Mutating : KeyedProcessFunction<int, Amount, string>
    {
        private OrleansStream.State.ValueState<List<long>> _value = null!;
        private OrleansStream.State.ListState<long> _list = null!;
        private OrleansStream.State.MapState<long, long> _map = null!;
        private OrleansStream.State.AggregatingState<Amount, string> _aggregated = null!;

        public override void Open(OpenContext context)
        {
            _value = context.State.Value<List<long>>("value");
            _list = context.State.List<long>("list");
            _map = context.State.Map<long, long>("map");
            _aggregated = context.State.Aggregating<Amount, List<long>, string>("aggregated", new Listing());
        }

        public override void Process(in Amount value, KeyedContext<int> context, Output<string> output)
        {
            List<long> values = _value.GetOr([]);
            values.Add(value.Value);
            _value.Set(values);
            _list.Add(value.Value);
            _map.Set(value.Value, value.Value);
            _aggregated.Add(value);
            _aggregated.TryGet(out string? sum);
            output.Emit($"value {string.Join(',', values)} list {string.Join(',', _list.Get())} map {string.Join(',', _map.Entries.Select(e => e.Key).Order())} sum {sum}");
        }
    }
}
