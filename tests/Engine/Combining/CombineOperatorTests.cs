using OrleansStream.Combining;
using OrleansStream.Engine.Combining;
using OrleansStream.Engine.Tests.Windowing;
using OrleansStream.Serialization;
using Part = OrleansStream.Combining.Partial<string, OrleansStream.Engine.Tests.Windowing.Item, System.Collections.Generic.List<long>>;

namespace OrleansStream.Engine.Tests.Combining;

/// <summary>When what is combined leaves.</summary>
public sealed class CombineOperatorTests
{
    private static readonly TumblingWindows s_tens = TumblingWindows.Of(TimeSpan.FromMilliseconds(10));

    [Fact]
    public void A_key_and_slice_leaves_as_one_when_the_watermark_ends_its_window()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        harness.SendAll([At("a", 1, 3), At("b", 2, 4), At("a", 3, 5), At("a", 4, 13)]).Watermark(8);
        Assert.Empty(harness.Output);

        harness.Watermark(9);

        Assert.Equal(["a 1 3", "b 2", "a 4"], Texts(harness));
        Assert.Equal([8L, 9L], harness.Watermarks);
    }

    [Fact]
    public void A_record_behind_the_watermark_goes_at_once_as_it_came()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        harness.Watermark(20).SendAll([At("a", 1, 25), At("a", 2, 3), At("a", 3, 26)]);

        Assert.Equal(["a record 2"], Texts(harness));
    }

    [Fact]
    public void A_full_table_leaves()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens, capacity: 2);
        harness.SendAll([At("a", 1, 1), At("a", 2, 2), At("b", 3, 1), At("a", 4, 3)]);

        Assert.Equal(["a 1 2", "b 3"], Texts(harness));
        Assert.Equal(["a 1 2", "b 3", "a 4"], Texts(harness.EndOfInput()));
    }

    [Fact]
    public void All_leaves_before_the_input_is_idle()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        harness.SendAll([At("a", 1, 1), At("b", 2, 14)]).Idle();

        Assert.Equal(["a 1", "b 2"], Texts(harness));
        Assert.Equal([HarnessOutputKind.Record, HarnessOutputKind.Record, HarnessOutputKind.Idle], harness.Log.Select(l => l.Kind));
    }

    [Fact]
    public void Once_the_input_was_idle_nothing_waits_from_one_run_of_records_to_the_next()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        harness.SendAll([At("a", 1, 1)]).Idle().SendAll([At("a", 2, 3), At("a", 3, 5), At("b", 4, 5)]);
        Assert.Equal(["a 1", "a 2 3", "b 4"], Texts(harness));

        harness.Idle(false).Watermark(6).SendAll([At("a", 5, 8), At("a", 6, 4)]);

        Assert.Equal(["a 1", "a 2 3", "b 4", "a 5 6"], Texts(harness));
    }

    [Fact]
    public void Once_the_input_was_idle_all_goes_as_it_came_where_late_records_have_an_output()
    {
        foreach (WindowAssigner windows in (WindowAssigner[])[s_tens, SessionWindows.WithGap(TimeSpan.FromMilliseconds(10))])
        {
            using OneInputHarness<Item, Part> harness = Harness(windows, hasLateOutput: true);
            harness.SendAll([At("a", 1, 1)]).Idle().SendAll([At("a", 2, 3), At("a", 3, 5)]).Idle(false).Watermark(6).SendAll([At("a", 4, 8), At("a", 5, 8)]);

            Assert.Equal([0L, 0L, 0L, 0L], harness.Output.Skip(1).Select(p => p.Count));
            Assert.Equal([2L, 3L, 4L, 5L], harness.Output.Skip(1).Select(p => p.Record.Id));
        }
    }

    [Fact]
    public void The_only_sender_is_never_behind_and_goes_on_as_before_it_was_idle()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens, hasLateOutput: true, isOnly: true);
        harness.Watermark(5).Idle().Idle(false).SendAll([At("a", 1, 8)]).SendAll([At("a", 2, 7)]);
        Assert.Empty(harness.Output);

        Assert.Equal(["a 1 2"], Texts(harness.Watermark(9)));
    }

    [Fact]
    public void Without_windows_idleness_changes_nothing()
    {
        using OneInputHarness<Item, Part> harness = Harness(null);
        harness.Idle().Idle(false).SendAll([At("a", 1, 50)]).SendAll([At("a", 2, 2)]);
        Assert.Empty(harness.Output);

        Assert.Equal(["a 1 2"], Texts(harness.Watermark(10)));
    }

    [Fact]
    public void Without_windows_it_leaves_before_every_watermark_and_after_the_longest_delay()
    {
        using OneInputHarness<Item, Part> harness = Harness(null);
        harness.SendAll([At("a", 1, 50), At("a", 2, 2)]).Watermark(10);
        Assert.Equal(["a 1 2"], Texts(harness));
        Assert.Equal(2, harness.Log[0].Timestamp);

        harness.SendAll([At("a", 3, 60)]).AdvanceClock(TimeSpan.FromMilliseconds(99));
        Assert.Single(harness.Output);
        harness.AdvanceClock(TimeSpan.FromMilliseconds(1));

        Assert.Equal(["a 1 2", "a 3"], Texts(harness));
    }

    [Fact]
    public void A_session_that_a_record_does_not_touch_leaves_before_it()
    {
        using OneInputHarness<Item, Part> harness = Harness(SessionWindows.WithGap(TimeSpan.FromMilliseconds(10)));
        harness.Watermark(12).SendAll([At("a", 1, 20), At("a", 2, 26), At("a", 3, 50), At("a", 4, 1), At("a", 5, 60)]);

        Assert.Equal(["a 1 2 [20,36)", "a 3 [50,60)", "a record 4 [1,11)"], Texts(harness));
        Assert.Equal("a 5 [60,70)", Texts(harness.Watermark(69))[^1]);
    }

    [Fact]
    public void A_session_leaves_before_the_watermark_ends_another_that_it_touches()
    {
        using OneInputHarness<Item, Part> harness = Harness(SessionWindows.WithGap(TimeSpan.FromMilliseconds(10)));
        harness.SendAll([At("a", 1, 20)]).Watermark(18);
        Assert.Empty(harness.Output);

        Assert.Equal(["a 1 [20,30)"], Texts(harness.Watermark(19)));
    }

    [Fact]
    public void A_record_behind_the_watermark_that_touches_a_session_belongs_to_it()
    {
        using OneInputHarness<Item, Part> harness = Harness(SessionWindows.WithGap(TimeSpan.FromMilliseconds(10)));
        harness.Watermark(100).SendAll([At("a", 1, 95), At("a", 2, 88)]);
        Assert.Empty(harness.Output);

        Assert.Equal(["a 1 2 [88,105)"], Texts(harness.Watermark(101)));
    }

    [Fact]
    public void It_goes_on_where_a_full_output_stopped_it()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens, batch: 2);
        harness.SendAll(Enumerable.Range(0, 20).Select(i => At("k" + i, i, i % 10)));
        harness.Gate.Budget = 3;
        harness.Watermark(9).Watermark(10);
        Assert.Equal(3, harness.Output.Count);
        Assert.Empty(harness.Watermarks);

        harness.Gate.Budget = int.MaxValue;
        harness.Watermark(11);

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"k{i} {i}"), Texts(harness));
        Assert.Equal([9L, 10L, 11L], harness.Watermarks);
    }

    [Fact]
    public void A_record_without_a_timestamp_is_an_error_that_names_it()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.Send(new Item("a", 7, 0)));
        Assert.Contains("Id = 7", e.Message, StringComparison.Ordinal);
        Assert.Contains("no timestamp", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_null_key_is_an_error_that_names_the_record()
    {
        using OneInputHarness<Item, Part> harness = Harness(s_tens);
        UserCodeException e = Assert.Throws<UserCodeException>(() => harness.SendAll([At("a", 1, 1), (new Item(null!, 8, 1), 1)]));
        Assert.Contains("taking the key of the record Item { Key = , Id = 8", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Combined_records_that_are_late_after_all_are_counted_each()
    {
        using OneInputHarness<Part, string> harness = OperatorHarness.ForKeyedStream<string, Part, string>(
            keyed => keyed.Window(s_tens).Aggregate(new MergePartials<string, Item, List<long>, string>(new Collecting()), (_, key, ids) => $"{key} {ids}"), part => part.Key);
        harness.Watermark(50).Send(new Part("a", default, 3, [1, 2, 3], null!), at: 7).Send(new Part("a", default, 0, null!, new Item("a", 4, 8)), at: 8).Watermark(long.MaxValue);

        Assert.Empty(harness.Output);
        Assert.Equal(4, harness.Metrics.LateDropped);
    }

    [Fact]
    public void A_partial_result_is_written_and_read_again()
    {
        TypeSerializer<Part> serializer = SerializerRegistry.CreateDefault().Get<Part>();
        foreach (Part part in (Part[])[new Part("a", new TimeWindow(3, 8), 2, [5, 6], null!), new Part("b", default, 0, null!, new Item("b", 9, 4))])
        {
            DataWriter writer = new();
            serializer.Write(writer, part);
            Part read = serializer.Read(new DataReader(writer.ToArray()));
            Assert.Equal(part with { Accumulator = null! }, read with { Accumulator = null! });
            Assert.Equal(part.Accumulator, read.Accumulator);
        }
    }

    private static (Item Value, long At) At(string key, long id, long time) => (new Item(key, id, time), time);

    private static OneInputHarness<Item, Part> Harness(WindowAssigner? windows, int capacity = 100, int batch = 1024, bool hasLateOutput = false, bool isOnly = false) => OperatorHarness.ForOperator<string, Item, Part>(
        setup => new CombineOperator<string, Item, List<long>, string, Collecting>(setup, item => item.Key, windows, isOnly, hasLateOutput, new Collecting(), new CombineOptions { Capacity = capacity }),
        item => item.Key ?? "", new HarnessOptions { BatchSize = batch });

    private static string[] Texts(OneInputHarness<Item, Part> harness) => [.. harness.Output.Select(p =>
        $"{p.Key} {(p.Count == 0 ? $"record {p.Record.Id}" : string.Join(' ', p.Accumulator))}{(p.Window == default ? "" : $" [{p.Window.Start},{p.Window.End})")}")];
}
