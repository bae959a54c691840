using System.Globalization;

namespace OrleansStream.Engine.Tests.KeyGrains;

/// <summary>Rules 4, 5 and 7 of keyed grains, on one operator.</summary>
public sealed class KeyGrainOperatorTests
{
    [Fact]
    public void A_key_is_called_once_at_a_time_and_keys_at_the_same_time()
    {
        Journal journal = new();
        using OneInputHarness<Payment, string> harness = Harness(journal);
        harness.Send(new Payment("a", 1, 20)).Send(new Payment("a", 2, 1)).Send(new Payment("a", 3, 1)).Send(new Payment("b", 5, 10)).At(10);
        Assert.Equal(["b 5"], harness.Output);
        Assert.Equal(["b 5", "a 1", "a 3", "a 6"], harness.At(30).Output);
        Assert.Equal(["a", "b", "a"], journal.Calls);
        Assert.Equal(2, journal.Most);
    }

    [Fact]
    public void No_more_keys_are_called_at_a_time_than_the_limit()
    {
        Journal journal = new();
        using OneInputHarness<Payment, string> harness = Harness(journal, concurrent: 3);
        harness.SendAll(Enumerable.Range(0, 9).Select(i => (new Payment($"k{i}", i, 10), 0L))).At(29);
        Assert.Equal(6, harness.Output.Count);
        Assert.Equal(9, harness.At(30).Output.Count);
        Assert.Equal(3, journal.Most);
    }

    [Fact]
    public void Results_have_the_timestamp_of_the_record_that_was_read_last()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        harness.SendAll([(new Payment("a", 1, 5), 100), (new Payment("a", 2), 90), (new Payment("b", 3), 95)]).At(5);
        Assert.Equal(["b 3@95", "a 1@100", "a 3@90"], harness.Log.Select(o => $"{o.Value}@{o.Timestamp}"));
    }

    [Fact]
    public void A_watermark_waits_for_the_calls_before_it_and_then_fires_timers()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        harness.Send(new Payment("a", 77, 30), at: 100).Watermark(200).Send(new Payment("a", 1), at: 210).At(29);
        Assert.Empty(harness.Log);
        harness.At(30);
        Assert.Equal(["a 77"], harness.Output);
        Assert.Empty(harness.Watermarks);
        harness.At(35);
        Assert.Equal(["a 77@100", "a timer 110 of 1@110", "@200", "a 78@210"], harness.Log.Select(o => $"{o.Value}@{o.Timestamp}"));
    }

    [Fact]
    public void The_end_of_the_input_waits_for_the_calls_before_it()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        harness.Send(new Payment("a", 77, 30), at: 100).EndOfInput().At(34);
        Assert.Equal(["a 77"], harness.Output);
        Assert.Equal(["a 77", "a timer 110 of 1"], harness.At(35).Output);
        Assert.Equal(HarnessOutputKind.End, harness.Log[^1].Kind);
    }

    [Fact]
    public void A_barrier_waits_for_calls_and_the_state_that_it_saves_is_whole()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        harness.Send(new Payment("a", 1, 30));
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => harness.Snapshot());
        Assert.Contains("waits for calls", error.Message, StringComparison.Ordinal);
        harness.At(30).SnapshotAndRestore().Send(new Payment("a", 2));
        Assert.Equal(["a 1", "a 3"], harness.Output);
    }

    [Fact]
    public void Only_declared_state_survives_a_restore_and_rescaling()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        for (int i = 0; i < 20; i++)
        {
            harness.Send(new Payment($"k{i % 5}", 1));
            if (i % 4 == 0)
            {
                harness.SnapshotAndRestore(parallelism: 1 + (i % 3));
            }
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"k{i % 5} {1 + (i / 5)}"), harness.Output);
    }

    [Fact]
    public void A_call_that_takes_too_long_fails_and_names_the_key()
    {
        using OneInputHarness<Payment, string> harness = Harness(options: new JobOptions { Keyed = new KeyedOptions { CallTimeout = TimeSpan.FromMilliseconds(50) } });
        harness.Send(new Payment("a", 1, 40)).Send(new Payment("DE02", 2, 60));
        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.At(100));
        Assert.Contains("of key DE02", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.05 s (keyed.call-timeout)", error.Message, StringComparison.Ordinal);
        Assert.True(error.CanRetry);
    }

    [Fact]
    public void An_exception_names_the_key_and_the_records()
    {
        using OneInputHarness<Payment, string> harness = Harness();
        UserCodeException error = Assert.Throws<UserCodeException>(() => harness.Send(new Payment("DE02", -1)));
        Assert.Contains("of key DE02", error.Message, StringComparison.Ordinal);
        Assert.Contains("1 records", error.Message, StringComparison.Ordinal);
        Assert.Contains("an amount below zero", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_object_that_was_idle_for_longest_makes_room()
    {
        List<Closing> made = [];
        using OneInputHarness<Payment, string> harness = OperatorHarness.ForKeyedStream<string, Payment, string>(
            stream => stream.ProcessGrain(() => new Closing(made)), p => p.Account, jobOptions: new JobOptions { Keyed = new KeyedOptions { MaxActiveGrains = 2 } });
        harness.Send(new Payment("a", 1)).Send(new Payment("b", 1)).Send(new Payment("a", 1)).Send(new Payment("c", 1));
        Assert.Equal(["b"], made.Where(m => m.IsClosed).Select(m => m.LastKey));

        harness.Send(new Payment("b", 1));
        Assert.Equal(["a 1", "b 1", "a 2", "c 1", "b 2"], harness.Output);
        Assert.Equal(["a", "b"], made.Where(m => m.IsClosed).Select(m => m.LastKey));
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_course_of_calls_gives_what_one_call_after_the_other_would(int seed)
    {
        Random random = new(seed);
        Journal journal = new();
        using OneInputHarness<Payment, string> harness = OperatorHarness.ForKeyedStream<string, Payment, string>(
            stream => stream.ProcessGrain(() => new Account { Journal = journal }, random.Next(1, 5)), p => p.Account, new HarnessOptions { BatchSize = random.Next(1, 6) },
            new JobOptions { Keyed = new KeyedOptions { MaxActiveGrains = random.Next(1, 6), CallTimeout = TimeSpan.FromHours(1) } });
        Dictionary<string, List<string>> expected = [];
        Dictionary<string, (int Balance, int Count)> model = [];
        List<(string Key, long Due)> timers = [];
        long watermark = long.MinValue;
        for (int i = 0; i < 150; i++)
        {
            switch (random.Next(12))
            {
                case 0:
                    watermark = i;
                    harness.Watermark(i);
                    Fire();
                    break;
                case 1:
                    harness.AdvanceClock(TimeSpan.FromSeconds(5)).SnapshotAndRestore();
                    break;
                case < 4:
                    harness.AdvanceClock(TimeSpan.FromMilliseconds(random.Next(30)));
                    break;
                default:
                    string key = $"k{random.Next(7)}";
                    int amount = random.Next(6) == 0 ? 77 : random.Next(10);
                    (int balance, int count) = model.GetValueOrDefault(key);
                    model[key] = (balance + amount, count + 1);
                    Expect(key, $"{key} {balance + amount}");
                    if (amount == 77)
                    {
                        timers.Add((key, i + 10));
                    }

                    harness.Send(new Payment(key, amount, random.Next(3) == 0 ? random.Next(20) : 0), at: i);
                    break;
            }
        }

        watermark = long.MaxValue;
        Fire();
        harness.EndOfInput().AdvanceClock(TimeSpan.FromSeconds(30));
        foreach ((string key, List<string> lines) in expected)
        {
            Assert.Equal(lines, harness.Output.Where(o => o.StartsWith($"{key} ", StringComparison.Ordinal)));
        }

        Assert.Equal(expected.Values.Sum(l => l.Count), harness.Output.Count);

        void Expect(string key, string line) => (expected.TryGetValue(key, out List<string>? lines) ? lines : expected[key] = []).Add(line);

        void Fire()
        {
            foreach ((string key, long due) in timers.Where(t => t.Due <= watermark).OrderBy(t => t.Due).ToArray())
            {
                timers.Remove((key, due));
                Expect(key, string.Create(CultureInfo.InvariantCulture, $"{key} timer {due} of {model[key].Count}"));
            }
        }
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    private static OneInputHarness<Payment, string> Harness(Journal? journal = null, int concurrent = 100, JobOptions? options = null)
    {
        Journal shared = journal ?? new Journal();
        return OperatorHarness.ForKeyedStream<string, Payment, string>(stream => stream.ProcessGrain(() => new Account { Journal = shared }, concurrent), p => p.Account, jobOptions: options);
    }

    private sealed class Closing : KeyGrain<string, Payment, string>
    {
        private OrleansStream.State.ValueState<int> _balance = null!;

        public Closing(List<Closing> made)
        {
            made.Add(this);
        }

        public bool IsClosed { get; private set; }

        public string? LastKey { get; private set; }

        public override void Open(OpenContext context) => _balance = context.State.Value<int>("balance");

        public override ValueTask ProcessAsync(IReadOnlyList<Payment> batch, Output<string> output, CancellationToken cancel)
        {
            LastKey = Key;
            _balance.Set(_balance.GetOr(0) + batch.Sum(p => p.Amount));
            output.Emit($"{Key} {_balance.GetOr(0)}");
            return ValueTask.CompletedTask;
        }

        public override ValueTask CloseAsync()
        {
            IsClosed = true;
            return ValueTask.CompletedTask;
        }
    }
}
