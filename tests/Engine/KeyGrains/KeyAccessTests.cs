using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Tests.GoldenJobs;
using OrleansStream.Engine.Tests.Jobs;
using OrleansStream.State;

namespace OrleansStream.Engine.Tests.KeyGrains;

/// <summary>Rules 1 to 3 and 5 of keyed grains: questions and messages to keys of a running job, in virtual time.</summary>
public sealed class KeyAccessTests
{
    private static readonly Payment[] s_payments = [.. Enumerable.Range(0, 40).Select(i => new Payment($"k{i % 4}", 1))];

    private readonly SourceGate _gate = new() { Limit = 8 };
    private readonly Journal _journal = new();
    private readonly SeededCluster _cluster = new(7);

    [Fact]
    public void The_latest_state_of_a_key_of_any_keyed_operator_is_answered_with_its_attempt()
    {
        SeededJob job = Start();
        foreach (string uid in new[] { "accounts", "counts" })
        {
            KeyRequest question = KeyRequests.Ask(uid, "k2", uid == "accounts" ? "balance" : "count", AskMode.Latest);
            Answer<int> answer = KeyRequests.Answer<int>(question, Ask(job, question));
            Assert.Equal((true, 2, 1), (answer.HasValue, answer.Value, answer.Attempt));
        }

        KeyRequest list = KeyRequests.Ask("accounts", "k2", "amounts", AskMode.Latest);
        Assert.Equal([1, 1], KeyRequests.Answer<List<int>>(list, Ask(job, list)).Value!);

        KeyRequest all = KeyRequests.Ask("accounts", "k2", KeyRequests.AllStates, AskMode.Latest);
        AccountStates states = KeyRequests.Answer<AccountStates>(all, Ask(job, all)).Value!;
        Assert.Equal((2, null), (states.balance, states.frozen));
        Assert.Equal([1, 1], states.amounts);
        Assert.Equal("""{"balance":2,"amounts":[1,1]}""", KeyJson.AnswerOf(Ask(job, all)).Value!.Value.GetRawText());

        foreach (string state in new[] { "balance", KeyRequests.AllStates })
        {
            KeyRequest unknown = KeyRequests.Ask("accounts", "nobody", state, AskMode.Latest);
            Assert.False(KeyRequests.Answer<int>(unknown, Ask(job, unknown)).HasValue);
        }
    }

    [Fact]
    public void A_durable_answer_comes_with_the_checkpoint_that_contains_it()
    {
        SeededJob job = Start(interval: TimeSpan.FromHours(1));
        KeyRequest question = KeyRequests.Ask("accounts", "k1", "balance", AskMode.Durable);
        SeededReply reply = job.Send(question);
        _cluster.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(reply.Reply);

        job.Checkpoint();
        _cluster.Advance(TimeSpan.FromSeconds(1));
        Answer<int> answer = KeyRequests.Answer<int>(question, reply.Reply!);
        Assert.Equal((2, job.Status.LastCheckpoint), (answer.Value, answer.CheckpointId));
    }

    [Fact]
    public void What_cannot_be_asked_is_refused_with_what_there_is()
    {
        SeededJob job = Start();
        RequireRefused(job, KeyRequests.Ask("acounts", "k1", "balance", AskMode.Latest), "'accounts'");
        RequireRefused(job, KeyRequests.Ask("accounts", "k1", "balanse", AskMode.Latest), "it has 'balance', 'amounts', 'frozen'");
        RequireRefused(job, KeyRequests.Ask("accounts", 5, "balance", AskMode.Latest), "System.String");
        RequireRefused(job, KeyRequests.Ask("accounts", "k1", "balance", AskMode.Durable), "checkpointing.interval");
        RequireRefused(job, KeyRequests.Tell("counts", "k1", new Freeze("x"), Delivery.Applied, Id(1)), "ProcessGrain");
        RequireRefused(job, KeyRequests.Tell("accounts", "k1", "hello", Delivery.Applied, Id(1)), "accepts no message of the type System.String");
        KeyRequest text = KeyRequests.Ask("accounts", "k1", "balance", AskMode.Latest);
        KeyAccessException error = Assert.Throws<KeyAccessException>(() => KeyRequests.Answer<DateTime>(text, Ask(job, text)));
        Assert.Contains("cannot be read as System.DateTime", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_is_applied_between_records_and_its_output_goes_the_way_of_records()
    {
        SeededJob job = Start();
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        Tell(job, "k1", new Freeze("stolen"), Delivery.Applied, 2);
        Finish(job);
        IReadOnlyList<string> output = [.. _cluster.Results.Get<string>("out").Where(o => o.StartsWith("k1", StringComparison.Ordinal))];
        Assert.Equal(["k1 1", "k1 2", "k1 bonus 102", "k1 103 frozen: stolen"], output.Take(4));
        Assert.Equal(11, output.Count);
    }

    [Fact]
    public void A_message_that_is_sent_again_is_applied_once()
    {
        SeededJob job = Start();
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        SeededReply first = job.Send(KeyRequests.Tell("accounts", "k1", new Bonus(1000), Delivery.Applied, Id(2)));
        SeededReply second = job.Send(KeyRequests.Tell("accounts", "k1", new Bonus(1000), Delivery.Applied, Id(2)));
        _cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((KeyStatus.Done, KeyStatus.Done), (first.Reply!.Status, second.Reply!.Status));
        Assert.Equal(1102, Balance(job, "k1"));
    }

    [Fact]
    public void A_durable_message_survives_a_failure_and_is_applied_once_however_often_it_is_sent()
    {
        SeededJob job = Start(interval: TimeSpan.FromHours(1));
        SeededReply durable = job.Send(KeyRequests.Tell("accounts", "k1", new Bonus(100), Delivery.Durable, Id(1)));
        _cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(durable.Reply);
        Assert.Equal(102, Balance(job, "k1"));
        job.Checkpoint();
        _cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(KeyStatus.Done, durable.Reply!.Status);

        // One that is applied, but not in a checkpoint, is lost with the process.
        Tell(job, "k1", new Bonus(5000), Delivery.Applied, 2);
        _cluster.Kill();
        job = Submit(TimeSpan.FromHours(1), resume: true);
        ToGate(job);
        Assert.Equal(102, Balance(job, "k1"));

        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        Tell(job, "k1", new Bonus(5000), Delivery.Applied, 2);
        Assert.Equal(5102, Balance(job, "k1"));
    }

    [Fact]
    public void A_message_whose_attempt_ends_before_its_checkpoint_is_to_be_sent_again()
    {
        SeededJob job = Start(interval: TimeSpan.FromHours(1));
        SeededReply durable = job.Send(KeyRequests.Tell("accounts", "k1", new Bonus(100), Delivery.Durable, Id(1)));
        _cluster.Advance(TimeSpan.FromSeconds(1));
        job.Cancel();
        Assert.True(durable.Reply!.CanRetry);
        Assert.True(Ask(job, KeyRequests.Ask("accounts", "k1", "balance", AskMode.Latest)).CanRetry);
    }

    [Fact]
    public void Ids_of_messages_are_forgotten_after_their_time()
    {
        SeededJob job = Start(keyed: new KeyedOptions { TellRetention = TimeSpan.FromMinutes(10) });
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        _cluster.Advance(TimeSpan.FromMinutes(9));
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        Assert.Equal(102, Balance(job, "k1"));
        _cluster.Advance(TimeSpan.FromMinutes(2));
        Tell(job, "k1", new Bonus(100), Delivery.Applied, 1);
        Assert.Equal(202, Balance(job, "k1"));
    }

    [Fact]
    public void While_a_barrier_waits_for_a_call_messages_wait_and_questions_are_answered()
    {
        SeededJob job = Start(slow: true);
        SeededAnswer checkpoint = job.AskCheckpoint();
        _cluster.Advance(TimeSpan.FromMilliseconds(100));
        Assert.False(checkpoint.IsThere);
        SeededReply tell = job.Send(KeyRequests.Tell("accounts", "k2", new Bonus(100), Delivery.Applied, Id(1)));
        KeyRequest question = KeyRequests.Ask("accounts", "k1", "balance", AskMode.Latest);
        Assert.False(KeyRequests.Answer<int>(question, Ask(job, question)).HasValue);
        Assert.Null(tell.Reply);

        _cluster.Advance(TimeSpan.FromSeconds(20));
        Assert.True(checkpoint.IsThere);
        Assert.Equal(KeyStatus.Done, tell.Reply!.Status);
    }

    [Fact]
    public void Questions_are_answered_while_the_output_is_blocked()
    {
        Unaligned.SlowSink sink = new(new ExternalOutput(), new Unaligned.SlowSink.Pace());
        SeededJob job = _cluster.Submit("job", env => env.FromSource(Source()).WithUid("payments").KeyBy(p => p.Account).Process(new Counting()).WithUid("counts")
            .FlatMap((in string s, Output<string> output) =>
            {
                for (int i = 0; i < 200; i++)
                {
                    output.Emit(s);
                }
            }).SinkTo(sink), Options(null, null) with { BatchSize = 4 });
        job.RunToRunning();
        _gate.Limit = long.MaxValue;
        _cluster.Advance(TimeSpan.FromSeconds(1));
        KeyRequest question = KeyRequests.Ask("counts", "k0", "count", AskMode.Latest);
        Answer<int> answer = KeyRequests.Answer<int>(question, Ask(job, question));
        Assert.InRange(answer.Value, 1, 9);
    }

    [Fact]
    public void Too_many_messages_are_refused_for_now()
    {
        SeededJob job = Start(slow: true);
        SeededReply[] replies = [.. Enumerable.Range(0, 3000).Select(i => job.Send(KeyRequests.Tell("accounts", "k1", new Bonus(1), Delivery.Applied, Id(i))))];
        _cluster.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Contains(replies, r => r.Reply is { Status: KeyStatus.Busy, CanRetry: true });
        _cluster.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(1024, replies.Count(r => r.Reply!.Status == KeyStatus.Done));
    }

    private static Guid Id(int number) => new(number, 0, 0, new byte[8]);

    private SeededJob Start(TimeSpan? interval = null, KeyedOptions? keyed = null, bool slow = false)
    {
        SeededJob job = Submit(interval, resume: false, keyed, slow);
        if (slow)
        {
            job.RunToRunning();
            _cluster.RunUntil(() => _journal.UnderWay > 0, "a call");
        }
        else
        {
            ToGate(job);
        }

        return job;
    }

    private SeededJob Submit(TimeSpan? interval, bool resume, KeyedOptions? keyed = null, bool slow = false)
    {
        int number = 0;
        return _cluster.Submit("job", env =>
        {
            DataStream<Payment> payments = env.FromSource(Source()).WithUid("payments").Map(p => p with { TakesMs = slow ? 5000 : p.TakesMs });
            payments.KeyBy(p => p.Account).ProcessGrain(() => new Account { Journal = _journal }).Accepts<Freeze>().Accepts<Bonus>().WithUid("accounts").Collect("out");
            payments.KeyBy(p => p.Account).Process(new Counting()).WithUid("counts").Collect("counted").WithName($"counted {number}");
        }, Options(interval, keyed) with { Resume = resume });
    }

    private static JobOptions Options(TimeSpan? interval, KeyedOptions? keyed) => new()
    {
        Parallelism = 2,
        Keyed = keyed ?? new KeyedOptions(),
        Checkpointing = new CheckpointOptions { Interval = interval },
    };

    private ListSource<Payment> Source() => new("payments", [s_payments], bounded: true, _gate);

    private void ToGate(SeededJob job)
    {
        job.RunToRunning();
        _cluster.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(job.Outcome);
    }

    private void Finish(SeededJob job)
    {
        _gate.Limit = long.MaxValue;
        Assert.Equal(JobState.Finished, job.RunToEnd().State);
    }

    private KeyReply Ask(SeededJob job, KeyRequest request)
    {
        SeededReply reply = job.Send(request);
        for (int i = 0; i < 200 && reply.Reply is null; i++)
        {
            _cluster.RunSteps(1);
        }

        return reply.Reply ?? throw new InvalidOperationException($"no reply to {request}");
    }

    private void Tell<TMessage>(SeededJob job, string key, TMessage message, Delivery delivery, int id) where TMessage : notnull
    {
        SeededReply reply = job.Send(KeyRequests.Tell("accounts", key, message, delivery, Id(id)));
        _cluster.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(KeyStatus.Done, reply.Reply?.Status);
    }

    private int Balance(SeededJob job, string key)
    {
        KeyRequest question = KeyRequests.Ask("accounts", key, "balance", AskMode.Latest);
        return KeyRequests.Answer<int>(question, Ask(job, question)).Value;
    }

    private void RequireRefused(SeededJob job, KeyRequest request, string why)
    {
        KeyAccessException error = Assert.Throws<KeyAccessException>(() => KeyRequests.Require(request, Ask(job, request)));
        Assert.Contains(why, error.Message, StringComparison.Ordinal);
    }

#pragma warning disable IDE1006 // States have these names.
    private sealed record AccountStates(int balance, List<int> amounts, string? frozen);
#pragma warning restore IDE1006

    private sealed class Counting : KeyedProcessFunction<string, Payment, string>
    {
        private ValueState<int> _count = null!;

        public override void Open(OpenContext context) => _count = context.State.Value<int>("count");

        public override void Process(in Payment value, KeyedContext<string> context, Output<string> output)
        {
            _count.Set(_count.GetOr(0) + 1);
            output.Emit($"{context.Key} {_count.GetOr(0)}");
        }
    }
}
