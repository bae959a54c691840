using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tests.Checkpointing;

public sealed class CoordinatorTests
{
    private static readonly SubtaskId Source = new(0, 0);
    private static readonly SubtaskId Sum = new(1, 0);
    private static readonly SubtaskId Sink = new(2, 0);
    private static readonly CheckpointPolicy EverySecond = new() { IntervalMs = 1000, TimeoutMs = 10_000 };

    private CheckpointCoordinator _coordinator = null!;

    [Fact]
    public void A_checkpoint_is_triggered_stored_logged_and_notified_in_that_order()
    {
        Start(EverySecond);
        Assert.Equal(1000, _coordinator.NextWakeupMs);
        _coordinator.Tick(999);
        Assert.Empty(Taken());
        _coordinator.Tick(1000);
        Assert.Equal(new TriggerBarrier(1, CheckpointKind.Checkpoint, "job/chk-1/1", false, false, false, 0), Only());
        Acknowledge(1000, 1, Source);
        Acknowledge(1100, 1, Sink);
        Assert.Empty(Taken());
        Acknowledge(1200, 1, Sum);
        var store = Assert.IsType<StoreMetadata>(Only());
        Assert.Equal("job/chk-1/1", store.Folder);
        Assert.Equal([Source, Sum, Sink], store.Metadata.Subtasks.Select(s => s.Subtask));
        Assert.Equal((1L, 1000L, 1200L, "plan"), (store.Metadata.CheckpointId, store.Metadata.TriggeredAtMs, store.Metadata.CompletedAtMs, store.Metadata.PlanHash));
        _coordinator.MetadataStored(1300, 1, new("m", "d"));
        Assert.Equal(
            new AppendCompletion(new(1, 1, CheckpointKind.Checkpoint, true, "m", "d", 17)), Only());
        _coordinator.CompletionLogged(1400, 1);
        Assert.Equal(new NotifyCompleted(1), Only());
        _coordinator.Committed(1500, Sink, 1);
        Assert.Empty(Taken());
        Assert.Equal(2000, _coordinator.NextWakeupMs);
    }

    [Fact]
    public void Without_a_period_nothing_is_triggered_until_somebody_asks()
    {
        Start(new());
        Assert.Equal(long.MaxValue, _coordinator.NextWakeupMs);
        _coordinator.Tick(1_000_000_000);
        Assert.Empty(Taken());
        _coordinator.RequestCheckpoint(1_000_000_001, 7);
        Assert.Equal(1, Assert.IsType<TriggerBarrier>(Only()).CheckpointId);
        Assert.Contains(new RequestCompleted(7, 1, "m1"), Complete(1_000_000_002, 1));
    }

    [Fact]
    public void The_pause_is_counted_from_the_end_and_a_savepoint_does_not_wait_for_it()
    {
        Start(EverySecond with { MinPauseMs = 5000 });
        _coordinator.Tick(1000);
        Complete(3000, 1);
        Assert.Equal(8000, _coordinator.NextWakeupMs);
        _coordinator.RequestSavepoint(3500, 1, "sp", stop: false, drain: false);
        Assert.Contains(Taken(), d => d is TriggerBarrier { Kind: CheckpointKind.Savepoint, Folder: "sp" });
        Complete(4000, 2);
        Assert.Equal(9000, _coordinator.NextWakeupMs);
        _coordinator.Tick(8999);
        Assert.Empty(Taken());
        _coordinator.Tick(9000);
        Assert.IsType<TriggerBarrier>(Only());
    }

    [Fact]
    public void No_more_checkpoints_than_allowed_are_under_way()
    {
        Start(EverySecond with { MaxConcurrent = 2 });
        _coordinator.Tick(1000);
        _coordinator.Tick(2000);
        _coordinator.Tick(3000);
        _coordinator.Tick(4000);
        Assert.Equal(2, Taken().Count);
        Assert.Equal([1L, 2L], _coordinator.Pending);
        Assert.Equal(11_000, _coordinator.NextWakeupMs);
        Assert.Contains(Complete(4500, 1), d => d is TriggerBarrier { CheckpointId: 3 });
    }

    [Fact]
    public void A_timeout_gives_up_and_beyond_the_tolerated_number_fails_the_job()
    {
        Start(EverySecond with { TolerableFailures = 1 });
        _coordinator.Tick(1000);
        Taken();
        Acknowledge(1100, 1, Sum);
        Assert.Equal(11_000, _coordinator.NextWakeupMs);
        _coordinator.Tick(11_000);
        var decisions = Taken();
        Assert.Contains("2 of 3 subtasks", Assert.Single(decisions.OfType<Abort>()).Reason);
        Assert.Contains(decisions, d => d is TriggerBarrier { CheckpointId: 2 });
        _coordinator.Tick(21_000);
        decisions = Taken();
        Assert.Contains("checkpointing.tolerable-failures", Assert.Single(decisions.OfType<FailJob>()).Reason);
        Assert.False(_coordinator.IsRunning);
        Assert.Equal(long.MaxValue, _coordinator.NextWakeupMs);
    }

    [Fact]
    public void Only_failures_in_a_row_count()
    {
        Start(EverySecond with { TolerableFailures = 1 });
        for (var id = 1; id < 20; id += 2)
        {
            _coordinator.Tick(id * 1000);
            _coordinator.Decline(id * 1000, id, Sum, "disk");
            _coordinator.Tick((id + 1) * 1000);
            Complete((id + 1) * 1000, id + 1);
        }

        Assert.True(_coordinator.IsRunning);
    }

    [Fact]
    public void A_decline_names_the_subtask_and_its_reason()
    {
        Start(EverySecond);
        _coordinator.Tick(1000);
        Taken();
        _coordinator.Decline(1100, 1, Sum, "state is broken");
        var decisions = Taken();
        Assert.Equal("subtask 1.0 declined it: state is broken", decisions.OfType<Abort>().Single().Reason);
        Assert.Contains("state is broken", decisions.OfType<FailJob>().Single().Reason);
    }

    [Fact]
    public void Late_double_and_strange_messages_change_nothing_and_are_reported()
    {
        Start(EverySecond with { TolerableFailures = 5 });
        _coordinator.Tick(1000);
        Taken();
        Acknowledge(1001, 1, Sum);
        Acknowledge(1002, 1, Sum);
        Assert.Contains("before", Assert.IsType<MessageIgnored>(Only()).Reason);
        Acknowledge(1003, 1, new(9, 9));
        Assert.Contains("none of the attempt's subtasks", Assert.IsType<MessageIgnored>(Only()).Reason);
        _coordinator.Decline(1004, 1, Sink, "no");
        Taken();
        Acknowledge(1005, 1, Source);
        Assert.Contains("no longer pending", Assert.IsType<MessageIgnored>(Only()).Reason);
        _coordinator.Decline(1006, 1, Source, "no");
        Assert.IsType<MessageIgnored>(Only());
        _coordinator.Committed(1007, Source, 1);
        Assert.IsType<MessageIgnored>(Only());
        Assert.Throws<InvariantViolatedException>(() => Acknowledge(1008, 2, Source));
    }

    [Fact]
    public void The_files_of_an_aborted_checkpoint_go_after_the_next_completion_and_those_that_come_later_at_once()
    {
        Start(EverySecond with { TolerableFailures = 5 });
        _coordinator.Tick(1000);
        _coordinator.Decline(1001, 1, Sink, "no");
        _coordinator.Tick(2000);
        Assert.DoesNotContain(Taken(), d => d is Discard);
        Assert.Contains(new Discard(1, false), Complete(2001, 2));
        Acknowledge(2002, 1, Source, "job/chk-1/1/state-0-0");
        Assert.Contains(new Discard(1, false), Taken());
        Acknowledge(2003, 2, Source, "job/chk-2/1/state-0-0");
        Assert.DoesNotContain(Taken(), d => d is Discard);
    }

    [Fact]
    public void A_newer_completion_subsumes_older_checkpoints_but_not_savepoints()
    {
        Start(new CheckpointPolicy { MaxConcurrent = 3 });
        _coordinator.RequestCheckpoint(0, 1);
        _coordinator.RequestSavepoint(0, 2, "sp", false, false);
        _coordinator.RequestCheckpoint(0, 3);
        var decisions = Complete(10, 3);
        Assert.Contains(decisions, d => d is Abort { CheckpointId: 1 });
        Assert.DoesNotContain(decisions, d => d is FailJob or Abort { CheckpointId: 2 });
        Assert.Contains(new RequestCompleted(1, 3, "m3"), decisions);
        Assert.Contains(new RequestCompleted(3, 3, "m3"), decisions);
        decisions = Complete(20, 2);
        Assert.Contains(new RequestCompleted(2, 2, "m2"), decisions);
        Assert.DoesNotContain(decisions, d => d is NotifyCompleted or Discard);
        Assert.False(Assert.Single(decisions.OfType<AppendCompletion>()).Entry.Commits);
    }

    [Fact]
    public void A_request_that_was_subsumed_is_answered_only_when_the_newer_completion_is_logged()
    {
        Start(new CheckpointPolicy { MaxConcurrent = 2, TimeoutMs = 100 });
        _coordinator.RequestCheckpoint(0, 1);
        _coordinator.RequestCheckpoint(0, 2);
        AcknowledgeAll(10, 2);
        _coordinator.MetadataStored(10, 2, new("m2", "d"));
        Assert.DoesNotContain(Taken(), d => d is RequestCompleted);
        _coordinator.CompletionFailed(200, 2, "down");
        var decisions = Taken();
        Assert.Equal([1L, 2L], decisions.OfType<RequestFailed>().Select(r => r.Request).Order());
        Assert.Contains(decisions, d => d is FailJob);
        Assert.DoesNotContain(decisions, d => d is Abort { CheckpointId: 2 });
    }

    [Fact]
    public void Completions_are_logged_one_at_a_time_in_the_order_of_ids()
    {
        Start(new CheckpointPolicy { MaxConcurrent = 3 });
        _coordinator.RequestCheckpoint(0, 1);
        _coordinator.RequestCheckpoint(0, 2);
        AcknowledgeAll(1, 1);
        AcknowledgeAll(1, 2);
        _coordinator.MetadataStored(2, 1, new("m1", "d"));
        _coordinator.MetadataStored(2, 2, new("m2", "d"));
        Assert.Equal(1, Assert.Single(Taken().OfType<AppendCompletion>()).Entry.CheckpointId);
        _coordinator.CompletionLogged(3, 1);
        Assert.Equal(2, Assert.Single(Taken().OfType<AppendCompletion>()).Entry.CheckpointId);
    }

    [Fact]
    public void An_append_that_failed_is_repeated_and_past_the_timeout_the_attempt_fails_without_an_abort()
    {
        Start(EverySecond);
        _coordinator.Tick(1000);
        AcknowledgeAll(1001, 1);
        _coordinator.MetadataStored(1002, 1, new("m", "d"));
        Taken();
        _coordinator.CompletionFailed(1003, 1, "down");
        Assert.Empty(Taken());
        Assert.Equal(2003, _coordinator.NextWakeupMs);
        _coordinator.Tick(2003);
        Assert.IsType<AppendCompletion>(Only());
        _coordinator.Tick(20_000);
        Assert.Empty(Taken());
        _coordinator.CompletionFailed(20_001, 1, "still down");
        Assert.Contains("still down", Assert.IsType<FailJob>(Only()).Reason);
    }

    [Fact]
    public void Metadata_that_cannot_be_stored_is_a_failed_checkpoint()
    {
        Start(EverySecond with { TolerableFailures = 1 });
        _coordinator.Tick(1000);
        AcknowledgeAll(1001, 1);
        Taken();
        _coordinator.MetadataFailed(1002, 1, "disk full");
        Assert.Contains("disk full", Assert.IsType<Abort>(Only()).Reason);
        Assert.True(_coordinator.IsRunning);
    }

    [Fact]
    public void Only_as_many_checkpoints_as_configured_are_retained_also_those_of_earlier_attempts()
    {
        Start(EverySecond with { Retained = 2 }, nextId: 11, retained: [4, 7]);
        _coordinator.Tick(1000);
        Assert.Equal([new Discard(4, true)], Complete(1001, 11).OfType<Discard>());
        _coordinator.Tick(2000);
        Assert.Equal([new Discard(7, true)], Complete(2001, 12).OfType<Discard>());
    }

    [Fact]
    public void When_all_sources_ended_a_final_checkpoint_comes_at_once_also_without_a_period_and_the_job_is_done_after_the_commits()
    {
        Start(new());
        _coordinator.AllSourcesEnded(5);
        Assert.Equal(new TriggerBarrier(1, CheckpointKind.Final, "job/chk-1/1", true, false, false, 0), Only());
        _coordinator.AllSourcesEnded(6);
        Assert.Empty(Taken());
        Assert.DoesNotContain(Complete(7, 1), d => d is JobDone);
        _coordinator.Committed(8, Sink, 1);
        Assert.Equal(new JobDone(JobEndState.Finished, 1), Only());
        Assert.False(_coordinator.IsRunning);
    }

    [Fact]
    public void A_final_checkpoint_waits_for_its_turn_and_is_repeated_when_a_failure_is_tolerated()
    {
        Start(EverySecond with { TolerableFailures = 1 });
        _coordinator.Tick(1000);
        _coordinator.AllSourcesEnded(1001);
        Assert.Single(Taken());
        Assert.Contains(Complete(1002, 1), d => d is TriggerBarrier { CheckpointId: 2, Kind: CheckpointKind.Final });
        _coordinator.Decline(1003, 2, Sum, "once");
        Assert.Contains(Taken(), d => d is TriggerBarrier { CheckpointId: 3, Kind: CheckpointKind.Final });
        Complete(1004, 3);
        _coordinator.Committed(1005, Sink, 3);
        Assert.Equal(new JobDone(JobEndState.Finished, 3), Only());
    }

    [Fact]
    public void A_stop_with_savepoint_commits_and_ends_the_job_and_later_requests_are_refused()
    {
        Start(EverySecond);
        _coordinator.RequestSavepoint(10, 1, "sp", stop: true, drain: true);
        Assert.Equal(new TriggerBarrier(1, CheckpointKind.Savepoint, "sp", true, true, false, 0), Only());
        _coordinator.RequestCheckpoint(11, 2);
        Assert.Contains("ending with checkpoint 1", Assert.IsType<RequestFailed>(Only()).Reason);
        _coordinator.Tick(5000);
        _coordinator.AllSourcesEnded(5001);
        Assert.Empty(Taken());
        var decisions = Complete(5002, 1);
        Assert.Contains(new NotifyCompleted(1), decisions);
        Assert.Contains(new RequestCompleted(1, 1, "m1"), decisions);
        _coordinator.Committed(5003, Sink, 1);
        Assert.Equal(new JobDone(JobEndState.Stopped, 1), Only());
    }

    [Fact]
    public void A_stop_that_fails_fails_the_attempt_and_answers_its_request()
    {
        Start(EverySecond with { TolerableFailures = 100 });
        _coordinator.RequestStop(10, 1, drain: false);
        Assert.Equal(CheckpointKind.Final, Assert.IsType<TriggerBarrier>(Only()).Kind);
        _coordinator.Decline(11, 1, Sum, "no");
        var decisions = Taken();
        Assert.Contains(decisions, d => d is RequestFailed { Request: 1 });
        Assert.Contains(decisions, d => d is FailJob);
    }

    [Fact]
    public void A_commit_before_the_completion_is_a_broken_invariant()
    {
        Start(EverySecond);
        _coordinator.Tick(1000);
        Assert.Contains("Invariant 6 ", Assert.Throws<InvariantViolatedException>(() => _coordinator.Committed(1001, Sink, 1)).Message);
    }

    [Fact]
    public void When_the_reserved_ids_are_used_up_more_are_reserved_before_the_next_trigger()
    {
        Start(EverySecond with { TolerableFailures = 100 });
        for (var id = 1; id <= 16; id++)
        {
            _coordinator.Tick(id * 1000);
            _coordinator.Decline(id * 1000, id, Sum, "no");
        }

        Taken();
        Assert.Equal(17_000, _coordinator.NextWakeupMs);
        _coordinator.Tick(17_000);
        Assert.Equal(new ReserveIds(new(1, 32)), Only());
        Assert.Equal(long.MaxValue, _coordinator.NextWakeupMs);
        _coordinator.ReservationFailed(17_001);
        Assert.Equal(18_001, _coordinator.NextWakeupMs);
        _coordinator.Tick(18_001);
        Assert.Equal(new ReserveIds(new(1, 32)), Only());
        _coordinator.IdsReserved(18_002, 32);
        Assert.Equal(17, Assert.IsType<TriggerBarrier>(Only()).CheckpointId);
    }

    [Fact]
    public void Operators_of_all_subtasks_are_merged_and_a_contradiction_fails_the_checkpoint()
    {
        var total = new StateDescription("total", StateSectionKind.Keyed, "String", "Int64", [1], [2]);
        var seen = new StateDescription("seen", StateSectionKind.Keyed, "String", "Boolean", [1], [3]);
        Start(EverySecond with { TolerableFailures = 1 });
        _coordinator.Tick(1000);
        Acknowledge(1001, 1, Source, null, new OperatorMetadata("b", "B", 1, 128, []));
        Acknowledge(1002, 1, Sum, null, new OperatorMetadata("a", "A", 2, 128, [total]));
        Acknowledge(1003, 1, Sink, null, new OperatorMetadata("a", "A", 2, 128, [total with { ValueSchema = [2] }, seen]));
        var metadata = Assert.Single(Taken().OfType<StoreMetadata>()).Metadata;
        Assert.Equal(["a", "b"], metadata.Operators.Select(o => o.Uid));
        Assert.Equal(["seen", "total"], metadata.Operators[0].States.Select(s => s.Name));
        _coordinator.MetadataFailed(1004, 1, "x");
        _coordinator.Tick(2000);
        Acknowledge(2001, 2, Sum, null, new OperatorMetadata("a", "A", 2, 128, [total]));
        Acknowledge(2002, 2, Sink, null, new OperatorMetadata("a", "A", 2, 128, [total with { ValueSchema = [9] }]));
        Assert.Contains("'total' of operator 'a'", Taken().OfType<FailJob>().Single().Reason);
    }

    [Fact]
    public void A_clock_that_goes_back_or_leaps_does_no_harm()
    {
        Start(EverySecond with { TolerableFailures = 100 });
        _coordinator.Tick(5000);
        _coordinator.Tick(10);
        Assert.Single(Taken());
        Complete(20, 1);
        Assert.Equal(6000, _coordinator.NextWakeupMs);
        _coordinator.Tick(long.MaxValue - 10);
        Assert.Single(Taken());
    }

    [Fact]
    public void Unaligned_is_carried_to_checkpoints_and_never_to_savepoints()
    {
        Start(EverySecond with { Unaligned = true, AlignedTimeoutMs = 30 });
        _coordinator.Tick(1000);
        Assert.Equal((true, 30L), Only() is TriggerBarrier t ? (t.Unaligned, t.AlignedTimeoutMs) : default);
        Complete(1001, 1);
        _coordinator.RequestSavepoint(1002, 1, "sp", false, false);
        Assert.False(Assert.IsType<TriggerBarrier>(Only()).Unaligned);
    }

    [Fact]
    public void After_the_attempt_was_stopped_nothing_is_decided_and_requests_are_answered()
    {
        Start(EverySecond);
        _coordinator.Tick(1000);
        _coordinator.RequestSavepoint(1001, 5, "sp", false, false);
        Taken();
        _coordinator.AttemptStopped();
        Assert.Contains(Taken(), d => d is RequestFailed { Request: 5 });
        Acknowledge(1002, 1, Sum, "job/chk-1/1/state-1-0");
        Assert.IsType<MessageIgnored>(Only());
        _coordinator.RequestCheckpoint(1003, 6);
        Assert.IsType<RequestFailed>(Only());
        _coordinator.Tick(100_000);
        Assert.Empty(Taken());
    }

    [Fact]
    public void Wrong_and_conflicting_options_are_refused_all_at_once()
    {
        var error = Assert.Throws<OptionsException>(() => Start(new()
        {
            IntervalMs = 0, TimeoutMs = -1, MaxConcurrent = 2, MinPauseMs = 5, Unaligned = true, Retained = 0,
        }));
        foreach (var option in new[] { "interval = 0", "timeout = -1", "min-pause = 5", "unaligned = true", "retained = 0" })
        {
            Assert.Contains("checkpointing." + option, error.Message);
        }
    }

    private void Start(CheckpointPolicy policy, long nextId = 1, IReadOnlyCollection<long>? retained = null) =>
        _coordinator = new(policy, new("job", 1, "plan", [Sink, Source, Sum], [Sink], nextId, nextId + 15, retained ?? []), 0);

    private void Acknowledge(long now, long id, SubtaskId subtask, string? path = null, params OperatorMetadata[] operators) =>
        _coordinator.Acknowledge(now, id, new(subtask, path, 0, []), operators);

    private void AcknowledgeAll(long now, long id)
    {
        Acknowledge(now, id, Source);
        Acknowledge(now, id, Sum);
        Acknowledge(now, id, Sink);
    }

    private List<CoordinatorDecision> Complete(long now, long id)
    {
        Taken();
        AcknowledgeAll(now, id);
        _coordinator.MetadataStored(now, id, new($"m{id}", "d"));
        _coordinator.CompletionLogged(now, id);
        return [.. Taken()];
    }

    private IReadOnlyList<CoordinatorDecision> Taken() => _coordinator.TakeDecisions();

    private CoordinatorDecision Only() => Assert.Single(Taken());
}
