namespace OrleansStream.Engine.Tests.Calls;

public sealed class AsyncOperatorTests
{
    private static readonly AsyncOptions s_unordered = new() { Ordered = false };

    [Fact]
    public void Results_leave_in_the_order_of_the_records()
    {
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions());
        harness.Send(new Job(1, 30), at: 5).Send(new Job(2, 10), at: 6).At(20);
        Assert.Empty(harness.Output);

        harness.At(30);
        Assert.Equal(["1", "2"], harness.Output);
        Assert.Equal([5, 6], harness.Log.Select(o => o.Timestamp));
    }

    [Fact]
    public void Without_an_order_results_leave_as_they_come()
    {
        using OneInputHarness<Job, string> harness = Harness(s_unordered);
        harness.Send(new Job(1, 30)).Send(new Job(2, 10)).At(20);
        Assert.Equal(["2"], harness.Output);
        Assert.Equal(["2", "1"], harness.At(30).Output);
    }

    [Fact]
    public void Without_an_order_nothing_goes_past_a_watermark()
    {
        using OneInputHarness<Job, string> harness = Harness(s_unordered);
        harness.Send(new Job(1, 50)).Send(new Job(2, 10)).Watermark(100).Send(new Job(3, 10)).Send(new Job(4, 5)).At(40);
        Assert.Equal(["2"], harness.Output);
        Assert.Empty(harness.Watermarks);

        harness.At(50);
        Assert.Equal(["2", "1", "watermark 100", "3", "4"], harness.Log.Select(o => o.Value as string ?? $"watermark {o.Timestamp}"));
    }

    [Fact]
    public void In_order_a_watermark_waits_for_the_records_before_it()
    {
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions());
        harness.Send(new Job(1, 50)).Watermark(100).Watermark(200).Idle().At(49);
        Assert.Empty(harness.Log);
        Assert.Equal([HarnessOutputKind.Record, HarnessOutputKind.Watermark, HarnessOutputKind.Idle], harness.At(50).Log.Select(o => o.Kind));
        Assert.Equal([200], harness.Watermarks);
    }

    [Fact]
    public void No_more_records_are_in_flight_than_the_capacity()
    {
        Slow function = new();
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions { Capacity = 3 }, function);
        harness.SendAll(Enumerable.Range(0, 10).Select(i => (new Job(i, 10), 0L)));
        Assert.Equal([0, 1, 2], function.Called);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{i}"), harness.At(40).Output);
        Assert.Equal(3, function.MostUnderWay);
        Assert.Equal(40, harness.NowMs);
    }

    [Fact]
    public void A_record_may_have_no_result_or_several()
    {
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions());
        harness.Send(new Job(1, 5, Results: 0)).Send(new Job(2, 5, Results: 700)).Send(new Job(3, 1)).At(5);
        Assert.Equal([.. Enumerable.Range(0, 700).Select(i => $"2.{i}"), "3"], harness.Output);
    }

    [Fact]
    public void A_call_that_takes_too_long_fails_with_record_time_and_remedy()
    {
        Slow function = new();
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions { Timeout = TimeSpan.FromMilliseconds(100) }, function);
        harness.Send(new Job(1, 5)).Send(new Job(2, 101), at: 7);
        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.At(100));
        Assert.Contains("'look-up'", error.Message, StringComparison.Ordinal);
        Assert.Contains("Number = 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.1 s (AsyncOptions.Timeout)", error.Message, StringComparison.Ordinal);
        Assert.Contains("override AsyncFunction.OnTimeout", error.Message, StringComparison.Ordinal);
        Assert.True(error.CanRetry);
        Assert.Equal([2], function.Cancelled);
    }

    [Fact]
    public void A_function_may_answer_in_place_of_a_call_that_takes_too_long()
    {
        Slow function = new() { Instead = "none for" };
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions { Timeout = TimeSpan.FromMilliseconds(100) }, function);
        harness.Send(new Job(1, 150)).Send(new Job(2, 10)).At(100);
        Assert.Equal(["none for 1", "2"], harness.Output);
        Assert.Equal([1], function.Cancelled);
        Assert.Equal(["none for 1", "2"], harness.At(1000).Output);
    }

    [Fact]
    public void A_call_that_fails_is_repeated_after_growing_pauses()
    {
        Slow function = new();
        AsyncOptions options = new() { Retry = Retry.Exponential(4, TimeSpan.FromMilliseconds(10), longestPause: TimeSpan.FromMilliseconds(25)) };
        using OneInputHarness<Job, string> harness = Harness(options, function);
        harness.Send(new Job(1, 0, Fails: 3)).At(9);
        Assert.Single(function.Called);
        harness.At(10).At(29);
        Assert.Equal(2, function.Called.Count);
        harness.At(30).At(54);
        Assert.Equal(3, function.Called.Count);
        Assert.Empty(harness.Output);
        Assert.Equal(["1"], harness.At(55).Output);
    }

    [Fact]
    public void The_last_failure_names_the_record_and_the_attempts()
    {
        using OneInputHarness<Job, string> harness = Harness(new AsyncOptions { Retry = Retry.Fixed(2, TimeSpan.FromMilliseconds(10)) });
        harness.Send(new Job(8, 0, Fails: 2));
        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.At(10));
        Assert.Contains("Number = 8", error.Message, StringComparison.Ordinal);
        Assert.Contains("attempt 2 of 2", error.Message, StringComparison.Ordinal);
        Assert.Contains("failure 2 of 8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_failure_that_is_not_worth_a_repetition_fails_at_once()
    {
        using OneInputHarness<Job, string> harness = Harness(
            new AsyncOptions { Retry = Retry.Fixed(9, TimeSpan.Zero).When(e => e is TimeoutException) });
        Assert.Throws<UserCodeException>(() => harness.Send(new Job(8, 0, Fails: 1)));
    }

    [Fact]
    public void The_timeout_covers_all_attempts_and_their_pauses()
    {
        Slow function = new();
        using OneInputHarness<Job, string> harness = Harness(
            new AsyncOptions { Timeout = TimeSpan.FromMilliseconds(100), Retry = Retry.Fixed(9, TimeSpan.FromMilliseconds(35)) }, function);
        harness.Send(new Job(1, 20, Fails: 8)).At(99);
        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.At(100));
        Assert.Contains("attempt 2 of 9", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_in_flight_are_called_again_after_a_restore()
    {
        List<int> called = [];
        using OneInputHarness<Job, string> harness = OperatorHarness.ForAsync(() => new Slow { Called = called }, new AsyncOptions { Capacity = 4 });
        harness.Send(new Job(1, 10), at: 1).Send(new Job(2, 50), at: 2).Send(new Job(3, 10), at: 3).At(20);
        Assert.Equal(["1"], harness.Output);

        harness.Watermark(7).SnapshotAndRestore();
        Assert.Equal([1, 2, 3, 2, 3], called);
        harness.Send(new Job(4, 0), at: 4).At(69);
        Assert.Equal(["1"], harness.Output);

        harness.At(70);
        Assert.Equal(["1", "2", "3", "4"], harness.Output);
        Assert.Equal([1, 2, 3, 7, 4], harness.Log.Select(o => o.Timestamp));
    }

    [Fact]
    public void Records_in_flight_are_dealt_out_at_another_parallelism()
    {
        List<int> called = [];
        using OneInputHarness<Job, string> harness = OperatorHarness.ForAsync(
            () => new Slow { Called = called }, new AsyncOptions { Capacity = 2 }, new HarnessOptions { Parallelism = 3 });
        harness.SendAll(Enumerable.Range(0, 6).Select(i => (new Job(i, 10), 0L))).SnapshotAndRestore(parallelism: 2).SnapshotAndRestore(parallelism: 1).At(100);
        Assert.Equal(["0", "1", "2", "3", "4", "5"], harness.Output.Order());
    }

    [Fact]
    public void The_end_of_the_input_waits_until_nothing_is_in_flight()
    {
        using OneInputHarness<Job, string> harness = Harness(s_unordered);
        harness.Send(new Job(1, 50)).EndOfInput().At(49);
        Assert.Empty(harness.Log);
        Assert.Equal(
            [HarnessOutputKind.Record, HarnessOutputKind.Watermark, HarnessOutputKind.End], harness.At(50).Log.Select(o => o.Kind));
    }

    [Fact]
    public void What_is_emitted_after_the_end_of_a_call_is_an_error_of_who_emits()
    {
        Output<string>? kept = null;
        using OneInputHarness<int, string> harness = OperatorHarness.ForAsync(() => new Keeping(output => kept = output));
        harness.Send(1);
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => kept!.Emit("late"));
        Assert.Contains("Await everything", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Under_attack_the_results_are_the_same(bool ordered)
    {
        using OneInputHarness<Job, string> harness = OperatorHarness.ForAsync(
            () => new Slow(), new AsyncOptions { Ordered = ordered, Capacity = 3 }, new HarnessOptions { Attack = true });
        harness.SendAll(Enumerable.Range(0, 8).Select(i => (new Job(i, 0, Results: i % 3), (long)i))).Watermark(10).Send(new Job(9, 0), at: 12).EndOfInput();
        string[] expected = [.. Enumerable.Range(0, 8).SelectMany(i => Enumerable.Range(0, i % 3).Select(r => i % 3 == 1 ? $"{i}" : $"{i}.{r}")), "9"];
        Assert.Equal<string>(ordered ? expected : [.. expected.Order()], ordered ? harness.Output : [.. harness.Output.Order()]);
        Assert.True(harness.Suspensions > 0);
    }

    [Fact]
    public void State_in_an_async_function_is_refused_with_a_remedy()
    {
        using OneInputHarness<int, string> harness = OperatorHarness.ForAsync(() => new WithState());
        JobDefinitionException error = Assert.Throws<JobDefinitionException>(() => harness.Send(1));
        Assert.Contains("ProcessGrain", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_make_no_sense_are_refused_when_the_graph_is_built()
    {
        DataStream<int> numbers = new StreamEnvironment().FromSource(MemorySource.Of([1]));
        Assert.Throws<JobDefinitionException>(() => numbers.MapAsync((x, _) => ValueTask.FromResult(x), new AsyncOptions { Capacity = 0 }));
        Assert.Throws<JobDefinitionException>(() => numbers.MapAsync((x, _) => ValueTask.FromResult(x), new AsyncOptions { Timeout = TimeSpan.Zero }));
    }

    private static OneInputHarness<Job, string> Harness(AsyncOptions options, Slow? function = null) =>
        OperatorHarness.ForAsync(() => function ?? new Slow(), options, new HarnessOptions { Name = "look-up" });

    private sealed class Keeping(Action<Output<string>> keep) : AsyncFunction<int, string>
    {
        public override ValueTask ProcessAsync(int value, Output<string> output, CancellationToken cancel)
        {
            keep(output);
            return ValueTask.CompletedTask;
        }
    }

    private sealed class WithState : AsyncFunction<int, string>
    {
        public override void Open(OpenContext context) => context.State.Value<int>("count");

        public override ValueTask ProcessAsync(int value, Output<string> output, CancellationToken cancel) => ValueTask.CompletedTask;
    }
}
