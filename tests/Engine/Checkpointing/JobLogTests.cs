using System.Text;
using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Hosting.Checkpointing;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Checkpointing;

public sealed class JobLogTests
{
    private readonly InMemoryCheckpointStore _store = new();

    [Fact]
    public void The_format_of_the_log_is_frozen()
    {
        var log = Started("first", out _);
        Complete(log, 1);
        log.Append(new CheckpointIdsReserved(1, 40));
        Complete(log, 20);
        log.Append(new CheckpointDropped(1, 1));
        log.Append(new JobFinished(1, JobEndState.Stopped));
        Assert.Equal(
            """
            {"job":"job","sequence":1,"entry":{"entry":"attempt-started","from":{"kind":"Nothing","checkpointId":0,"path":null},"owner":"first","claim":"c-first","reservedThrough":16,"attempt":1},"state":null}
            {"job":"job","sequence":2,"entry":{"entry":"checkpoint-completed","checkpointId":1,"kind":"Checkpoint","commits":true,"metadataPath":"job/chk-1/1/metadata","digest":"d1","reservedThrough":17,"attempt":1},"state":null}
            {"job":"job","sequence":3,"entry":{"entry":"checkpoint-ids-reserved","reservedThrough":40,"attempt":1},"state":null}
            {"job":"job","sequence":4,"entry":{"entry":"checkpoint-completed","checkpointId":20,"kind":"Checkpoint","commits":true,"metadataPath":"job/chk-20/1/metadata","digest":"d20","reservedThrough":40,"attempt":1},"state":null}
            {"job":"job","sequence":5,"entry":{"entry":"checkpoint-dropped","checkpointId":1,"attempt":1},"state":null}
            {"job":"job","sequence":6,"entry":{"entry":"job-finished","state":"Stopped","attempt":1},"state":null}
            """.ReplaceLineEndings("\n"),
            string.Join('\n', _store.List("job/log").Select(p =>
                Encoding.UTF8.GetString(FileEnvelope.Open(p, CheckpointFileKind.LogEntry, _store.Read(p)).Span))));
    }

    [Fact]
    public void Why_a_job_failed_is_in_the_log_until_the_next_attempt()
    {
        var log = Started("first", out _);
        log.Append(new JobFinished(1, JobEndState.Failed, Failure: "UserCodeException: operator 'map' threw"));
        Assert.EndsWith(
            """
            "entry":{"entry":"job-finished","state":"Failed","failure":"UserCodeException: operator 'map' threw","attempt":1},"state":null}
            """.Trim().Replace("'", "\\u0027"),
            Encoding.UTF8.GetString(FileEnvelope.Open("2", CheckpointFileKind.LogEntry, _store.Read(_store.List("job/log")[^1])).Span));
        Assert.Equal("UserCodeException: operator 'map' threw", JobLogWriter.Open(_store, "job").State.Failure);
        Assert.Null(Started("second", out _).State.Failure);
    }

    [Fact]
    public void What_was_appended_is_read_again()
    {
        var log = Started("first", out _);
        Complete(log, 1);
        Complete(log, 2);
        log.Append(new CheckpointDropped(1, 1));
        var state = JobLogWriter.Open(_store, "job").State;
        Assert.Equal((1, "first", "c-first", 4L), (state.Attempt, state.Owner, state.Incarnation, state.Sequence));
        Assert.Equal([2L], state.Retained.Select(c => c.CheckpointId));
        Assert.Equal(StartPoint.Checkpoint(2), state.RestorePoint);
        Assert.Equal(19, state.NextCheckpointId);
    }

    [Fact]
    public void The_later_of_two_processes_takes_over_and_the_earlier_stops_at_its_next_entry_and_says_who()
    {
        var earlier = Started("host-a pid 1", out _);
        Complete(earlier, 1);
        var later = Started("host-b pid 2", out var claimed);
        Assert.Equal(2, claimed.Attempt);
        Assert.Equal(StartPoint.Checkpoint(1), claimed.From);
        var error = Assert.Throws<SupersededException>(() => Complete(earlier, 2));
        Assert.Contains("host-b pid 2", error.Message);
        Assert.Contains("attempt 2", error.Message);
        Assert.Contains("host-a pid 1", error.Message);
        Assert.Throws<SupersededException>(() => Complete(earlier, 2));
        Assert.Throws<SupersededException>(() => earlier.Refresh());
        Complete(later, 18);
        Assert.Equal([1L, 18L], JobLogWriter.Open(_store, "job").State.Retained.Select(c => c.CheckpointId));
        Assert.Equal("c-host-a pid 1", later.State.Incarnation);
    }

    [Fact]
    public void Of_processes_that_start_at_once_each_gets_an_attempt_of_its_own_and_only_the_last_can_append()
    {
        using var folder = new TemporaryFolder();
        const int processes = 6;
        using var barrier = new Barrier(processes);
        var logs = new JobLogWriter[processes];
        var threads = Enumerable.Range(0, processes).Select(i => new Thread(() =>
        {
            var store = new FileSystemCheckpointStore(folder.Path);
            logs[i] = JobLogWriter.Open(store, "job");
            barrier.SignalAndWait();
            logs[i].StartAttempt(s => s.RestorePoint, $"process {i}", $"claim {i}");
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        Assert.Equal(Enumerable.Range(1, processes), logs.Select(l => l.Attempt).Order());
        foreach (var log in logs)
        {
            var completion = Completion(log.Attempt, log.State.NextCheckpointId - 1);
            if (log.Attempt == processes)
            {
                log.Append(completion);
            }
            else
            {
                Assert.Throws<SupersededException>(() => log.Append(completion));
            }
        }
    }

    [Fact]
    public void Checkpoint_ids_are_never_reused_also_not_those_that_never_completed()
    {
        var first = Started("first", out var a);
        Assert.Equal((1L, 16L), (a.ReservedThrough - 15, a.ReservedThrough));
        var start = CoordinatorStart.Of("job", first.State, "plan", [new(0, 0)], []);
        Assert.Equal((1L, 16L), (start.NextCheckpointId, start.ReservedThrough));
        Started("second", out var b);
        Assert.Equal(32, b.ReservedThrough);
        var third = Started("third", out _);
        start = CoordinatorStart.Of("job", third.State, "plan", [new(0, 0)], []);
        Assert.Equal((33L, 48L), (start.NextCheckpointId, start.ReservedThrough));
        Assert.Throws<InvariantViolatedException>(() => third.Append(Completion(3, 49)));
    }

    [Fact]
    public void A_completion_that_is_appended_after_a_later_reservation_does_not_shrink_it()
    {
        // Model seed 1936530261: the reservation overtook the completion whose append had failed once.
        var log = Started("first", out _);
        log.Append(new CheckpointIdsReserved(1, 32));
        log.Append(Completion(1, 1));
        Assert.Equal(33, log.State.NextCheckpointId);
    }

    [Fact]
    public void After_a_start_from_a_savepoint_or_from_nothing_a_failure_does_not_bring_an_older_checkpoint_back()
    {
        var first = Started("first", out _);
        Complete(first, 1);
        var second = JobLogWriter.Open(_store, "job");
        second.StartAttempt(_ => StartPoint.Savepoint("sp/metadata"), "second", "x");
        Started("third", out var third);
        Assert.Equal(StartPoint.Savepoint("sp/metadata"), third.From);
        var fourth = JobLogWriter.Open(_store, "job");
        fourth.StartAttempt(_ => StartPoint.Nothing, "fourth", "y");
        Started("fifth", out var fifth);
        Assert.Equal(StartPoint.Nothing, fifth.From);
    }

    [Fact]
    public void A_savepoint_is_no_restore_point_unless_the_job_stops_with_it()
    {
        var log = Started("first", out _);
        Complete(log, 1);
        log.Append(new CheckpointCompleted(1, 2, CheckpointKind.Savepoint, false, "sp2/metadata", "d", 18));
        Assert.Equal(StartPoint.Checkpoint(1), log.State.RestorePoint);
        log.Append(new CheckpointCompleted(1, 3, CheckpointKind.Savepoint, true, "sp3/metadata", "d", 19));
        Assert.Equal(StartPoint.Savepoint("sp3/metadata"), log.State.RestorePoint);
        Assert.Equal([1L], log.State.Retained.Select(c => c.CheckpointId));
    }

    [Fact]
    public void A_start_from_a_checkpoint_that_is_not_there_is_refused_with_those_that_are()
    {
        Complete(Started("first", out _), 1);
        var log = JobLogWriter.Open(_store, "job");
        var error = Assert.Throws<StateRestoreException>(() => log.StartAttempt(_ => StartPoint.Checkpoint(5), "o", "c"));
        Assert.Contains("Checkpoint 5", error.Message);
        Assert.Contains("Completed checkpoints: 1", error.Message);
    }

    [Fact]
    public void The_fold_refuses_what_the_protocol_forbids()
    {
        var state = JobLogState.Empty.Apply(new AttemptStarted(1, StartPoint.Nothing, "o", "c", 16)).Apply(Completion(1, 3));
        Violates(1, state, Completion(2, 4));
        Violates(1, state, new AttemptStarted(3, StartPoint.Nothing, "o", "c", 40));
        Violates(2, state.Apply(new JobFinished(1, JobEndState.Failed)), Completion(1, 4));
        Violates(3, state, Completion(1, 20));
        Violates(5, state, Completion(1, 2) with { ReservedThrough = 19 });
        Violates(7, state, new CheckpointDropped(1, 3));
        Violates(7, state, new CheckpointDropped(1, 2));
        Violates(1, JobLogState.Empty, Completion(1, 1));
    }

    [Fact]
    public void A_log_of_2500_entries_is_read_from_its_newest_state_and_compacted()
    {
        var log = Started("first", out _);
        for (var id = 1; id <= 1250; id++)
        {
            Complete(log, id);
            if (id > 1)
            {
                log.Append(new CheckpointDropped(1, id - 1));
            }
        }

        Assert.Equal(2500, log.State.Sequence);
        Assert.Equal(999, JobLogCleanup.CompactLog(_store, "job"));
        Assert.Equal(0, JobLogCleanup.CompactLog(_store, "job"));
        var counting = new FaultyCheckpointStore(_store);
        var state = JobLogWriter.Open(counting, "job").State;
        Assert.Equal(501, counting.Operations.Count(o => o.Kind == StoreOperationKind.Read));
        Assert.Equal((2500L, "c-first", 1), (state.Sequence, state.Incarnation, state.Attempt));
        Assert.Equal(StartPoint.Checkpoint(1250), state.RestorePoint);
        Assert.Equal([1250L], state.Retained.Select(c => c.CheckpointId));
        Assert.Equal(log.State.ReservedThrough, state.ReservedThrough);
    }

    [Fact]
    public void An_append_below_a_compacted_state_is_void_and_its_writer_learns_who_took_over()
    {
        var zombie = Started("zombie", out _);
        Complete(zombie, 1);
        var log = Started("successor", out _);
        for (long id = 18; id < 2030; id++)
        {
            Complete(log, id);
        }

        JobLogCleanup.CompactLog(_store, "job");
        Assert.False(_store.Exists("job/log/000000000003"));
        Assert.Contains("successor", Assert.Throws<SupersededException>(() => Complete(zombie, 2)).Message);
        Assert.Equal(2029, JobLogWriter.Open(_store, "job").State.LastCommitting);
        Assert.Contains(JobLogCleanup.CompactLog(_store, "job"), new[] { 0, 1 });
        Complete(log, 2030);

        var late = JobLogWriter.Open(_store, "job");
        Assert.Equal(3, late.StartAttempt(s => s.RestorePoint, "late", "x").Attempt);
    }

    [Fact]
    public void A_restart_does_not_take_a_job_back_from_who_took_over()
    {
        var first = JobLogWriter.Open(_store, "job");
        first.StartAttempt(s => s.RestorePoint, "first", "a");
        Assert.Equal(2, first.StartAttempt(s => s.RestorePoint, "first", "b").Attempt);
        var second = JobLogWriter.Open(_store, "job");
        second.StartAttempt(s => s.RestorePoint, "second", "c");
        Assert.Contains("second", Assert.Throws<SupersededException>(() => first.StartAttempt(s => s.RestorePoint, "first", "d")).Message);
        Assert.Equal(3, JobLogWriter.Open(_store, "job").State.Attempt);
    }

    [Fact]
    public void A_restart_whose_answer_was_lost_goes_on()
    {
        var lossy = new FaultyCheckpointStore(_store);
        var log = JobLogWriter.Open(lossy, "job");
        log.StartAttempt(s => s.RestorePoint, "o", "a");
        var lost = new CheckpointStorageException("lost answer");
        lossy.Before = o => o.Kind == StoreOperationKind.PutIfAbsent ? StoreFault.FailsAfter(lost) : StoreFault.None;
        Assert.Throws<CheckpointStorageException>(() => log.StartAttempt(s => s.RestorePoint, "o", "b"));
        lossy.Before = null;
        Assert.Equal(2, log.StartAttempt(s => s.RestorePoint, "o", "c").Attempt);
        Complete(log, log.State.NextCheckpointId - 1);
    }

    [Fact]
    public void An_append_whose_answer_was_lost_counts_once_when_it_is_repeated()
    {
        var lossy = new FaultyCheckpointStore(_store);
        var log = JobLogWriter.Open(lossy, "job");
        var lost = new CheckpointStorageException("lost answer");
        lossy.Before = o => o.Kind == StoreOperationKind.PutIfAbsent ? StoreFault.FailsAfter(lost) : StoreFault.None;
        Assert.Throws<CheckpointStorageException>(() => log.StartAttempt(s => s.RestorePoint, "o", "c"));
        lossy.Before = null;
        Assert.Equal(1, log.StartAttempt(s => s.RestorePoint, "o", "c").Attempt);
        Complete(log, 1);
        lossy.Before = o => o.Kind == StoreOperationKind.PutIfAbsent ? StoreFault.FailsAfter(lost) : StoreFault.None;
        Assert.Throws<CheckpointStorageException>(() => Complete(log, 2));
        lossy.Before = null;
        log.Append(new CheckpointDropped(1, 1)); // another entry in between
        Complete(log, 2);
        Assert.Equal(4, JobLogWriter.Open(_store, "job").State.Sequence);
        Assert.Equal([2L], log.State.Retained.Select(c => c.CheckpointId));
    }

    [Fact]
    public void A_full_directory_fails_the_append_and_the_log_is_as_before()
    {
        var full = new FaultyCheckpointStore(_store);
        var log = JobLogWriter.Open(full, "job");
        log.StartAttempt(s => s.RestorePoint, "o", "c");
        full.Before = o => o.Kind == StoreOperationKind.PutIfAbsent ? StoreFault.Full(o.Path) : StoreFault.None;
        Assert.Contains("job/log/000000000002", Assert.Throws<CheckpointStorageException>(() => Complete(log, 1)).Message);
        Assert.Equal(1, JobLogWriter.Open(_store, "job").State.Sequence);
        full.Before = null;
        Complete(log, 1);
    }

    [Fact]
    public void A_torn_a_foreign_and_a_missing_entry_are_refused_by_name()
    {
        var torn = new FaultyCheckpointStore(_store)
        {
            Before = o => o.Path.EndsWith('2') && o.Kind == StoreOperationKind.PutIfAbsent ? StoreFault.Torn(30) : StoreFault.None,
        };
        var log = JobLogWriter.Open(torn, "job");
        log.StartAttempt(s => s.RestorePoint, "o", "c");
        Complete(log, 1);
        Complete(log, 2);
        AssertRefused("job/log/000000000002", "torn");

        _store.Delete("job/log/000000000002");
        AssertRefused("job/log/000000000002", "missing");

        _store.PutIfAbsent("job/log/000000000002", _store.Read("job/log/000000000003"));
        AssertRefused("job/log/000000000002", "entry 3");

        _store.Delete("job/log/000000000002");
        _store.PutIfAbsent("job/log/000000000002", "some other program's file"u8);
        AssertRefused("job/log/000000000002", "foreign");
    }

    [Fact]
    public void Orphans_of_older_attempts_go_and_what_is_retained_or_current_stays()
    {
        var first = Started("first", out _);
        Complete(first, 1);
        foreach (var path in new[] { "job/chk-1/1/metadata", "job/chk-2/1/state-0-0", "job/chk-17/2/state-0-0", "job/savepoints/x/metadata" })
        {
            _store.PutIfAbsent(path, [1]);
        }

        var second = Started("second", out _);
        Assert.Equal([2L], JobLogCleanup.DeleteOrphans(_store, "job", second.State));
        Assert.Equal(
            ["job/chk-1/1/metadata", "job/chk-17/2/state-0-0", "job/savepoints/x/metadata"],
            _store.List("job").Where(p => !p.Contains("/log/", StringComparison.Ordinal)));
    }

    private static CheckpointCompleted Completion(int attempt, long id) => new(
        attempt, id, CheckpointKind.Checkpoint, true, $"job/chk-{id}/{attempt}/metadata", $"d{id}", id + 16);

    private static void Complete(JobLogWriter log, long id)
    {
        var entry = Completion(log.Attempt, id);
        log.Append(entry with { ReservedThrough = Math.Max(entry.ReservedThrough, log.State.ReservedThrough) });
    }

    private static void Violates(int number, JobLogState state, JobLogEntry entry) =>
        Assert.Contains($"Invariant {number} ", Assert.Throws<InvariantViolatedException>(() => state.Apply(entry)).Message);

    private void AssertRefused(string path, string how)
    {
        var message = Assert.Throws<CheckpointStorageException>(() => JobLogWriter.Open(_store, "job")).Message;
        Assert.Contains(path, message);
        Assert.Contains(how, message);
    }

    private JobLogWriter Started(string owner, out AttemptStarted claimed)
    {
        var log = JobLogWriter.Open(_store, "job");
        claimed = log.StartAttempt(s => s.RestorePoint, owner, "c-" + owner);
        return log;
    }
}
