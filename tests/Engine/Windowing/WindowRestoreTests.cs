using OrleansStream.Keys;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Restores of the window operator, one thing at a time.</summary>
public sealed class WindowRestoreTests
{
    private static readonly OutputTag<Item> s_late = new("late");

    [Fact]
    public void A_window_that_fired_when_its_key_group_was_empty_does_not_fire_again_after_a_restore()
    {
        using OneInputHarness<Item, string> harness = Harness(TimeSpan.FromMilliseconds(100));

        harness.Watermark(50).SnapshotAndRestore().Send(new Item("a", 1, 5), at: 5);
        Assert.Equal(["[0,10) a: 1 @9"], harness.Output);

        harness.Watermark(60);
        Assert.Single(harness.Output);
    }

    [Fact]
    public void Records_of_a_key_group_that_was_behind_are_not_lost_when_the_other_groups_were_ahead()
    {
        using OneInputHarness<Item, string> harness = Harness(TimeSpan.FromMilliseconds(1000), parallelism: 2);
        (Item ahead, Item behind) = (OfSubtask(0, 1, 75), OfSubtask(1, 2, 75));

        // Only the subtask that is ahead has state.
        harness.Send(ahead, at: 75).Watermark(100, subtask: 0).Watermark(50, subtask: 1).SnapshotAndRestore(1);
        harness.Send(behind, at: 75).Watermark(200);

        Assert.Equal([$"[70,80) {ahead.Key}: 1 @79", $"[70,80) {behind.Key}: 2 @79"], harness.Output);
    }

    [Fact]
    public void A_record_for_a_window_that_fired_on_the_subtask_that_was_ahead_is_late_after_scaling_in()
    {
        using OneInputHarness<Item, string> harness = Harness(TimeSpan.Zero, parallelism: 2);
        Item ahead = OfSubtask(0, 1, 500);

        harness.Send(ahead, at: 500).Watermark(100, subtask: 0).Watermark(50, subtask: 1).SnapshotAndRestore(1);
        harness.Send(ahead with { Id = 2, Timestamp = 75 }, at: 75).EndOfInput();

        Assert.Equal([$"[500,510) {ahead.Key}: 1 @509"], harness.Output);
        Assert.Equal(2, Assert.Single(harness.SideOutput(s_late)).Id);
    }

    [Fact]
    public void An_accumulator_that_changes_after_the_barrier_is_not_changed_in_the_snapshot()
    {
        using OneInputHarness<Item, string> harness = Harness(TimeSpan.Zero);
        HarnessSnapshot snapshot = harness.Send(new Item("a", 1, 5), at: 5).Snapshot();

        harness.Send(new Item("a", 2, 6), at: 6).Restore(snapshot).Watermark(9);

        Assert.Equal(["[0,10) a: 1 @9"], harness.Output);
    }

    [Fact]
    public void Late_records_without_a_side_output_are_counted()
    {
        using OneInputHarness<Item, string> harness = OperatorHarness.ForWindow(
            TumblingWindows.Of(TimeSpan.FromMilliseconds(10)), new Collecting(), (Item item) => item.Key, (_, _, result) => result);

        harness.Watermark(20).Send(new Item("a", 1, 5), at: 5);

        Assert.Equal(1, harness.Metrics.LateDropped);
        Assert.Empty(harness.Output);
    }

    [Fact]
    public void A_record_without_a_timestamp_is_an_error_that_names_operator_and_key()
    {
        using OneInputHarness<Item, string> harness = Harness(TimeSpan.Zero);

        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.Send(new Item("the key", 1, 5)));

        Assert.Contains("'operator'", error.Message, StringComparison.Ordinal);
        Assert.Contains("the key", error.Message, StringComparison.Ordinal);
        Assert.Contains("no timestamp", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_in_making_a_late_result_is_said_once()
    {
        using OneInputHarness<Item, string> harness = OperatorHarness.ForWindow(
            TumblingWindows.Of(TimeSpan.FromMilliseconds(10)), new Collecting(), (Item item) => item.Key,
            (Func<TimeWindow, string, string, string>)((_, _, _) => throw new InvalidOperationException("no result")), TimeSpan.FromMilliseconds(50));

        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.Watermark(20).Send(new Item("a", 1, 5), at: 5));

        Assert.IsType<InvalidOperationException>(error.InnerException);
        Assert.Contains("making the result of the window", error.Message, StringComparison.Ordinal);
    }

    private static Item OfSubtask(int subtask, long id, long timestamp)
    {
        KeyHasher<string> hasher = KeyHasher.For<string>();
        string key = Enumerable.Range(0, 100).Select(i => "k" + i).First(k => KeyGroups.SubtaskOf(KeyGroups.GroupOf(hasher.Hash(in k), 8), 8, 2) == subtask);
        return new Item(key, id, timestamp);
    }

    private static OneInputHarness<Item, string> Harness(TimeSpan lateness, int parallelism = 1) => OperatorHarness.ForWindow(
        TumblingWindows.Of(TimeSpan.FromMilliseconds(10)), new Collecting(), (Item item) => item.Key,
        (window, key, result) => WindowModel.Text(window.Start, window.End, key, result, window.MaxTimestamp), lateness, s_late,
        new HarnessOptions { MaxParallelism = 8, Parallelism = parallelism });
}
