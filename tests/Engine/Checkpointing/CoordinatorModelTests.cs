using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Engine.Tests.Checkpointing;

/// <summary>
/// A host that loses, repeats, delays and reorders everything, and a log that fails or loses its answers, against the promises of
/// docs/checkpoint-protocol.md. The real fold of the log is the judge of its entries.
/// </summary>
public sealed class CoordinatorModelTests
{
    [Fact]
    public void Whatever_the_interleaving_the_protocol_holds_and_every_request_is_answered_once() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            try
            {
                new Host(seed).Run();
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Theory]
    [InlineData(1936530261)]
    public void A_seed_that_once_failed_holds(int seed) => new Host(seed).Run();

    private sealed class Host
    {
        private readonly Random _random;
        private readonly CheckpointPolicy _policy;
        private readonly SubtaskId[] _subtasks;
        private readonly SubtaskId[] _committers;
        private readonly CheckpointCoordinator _coordinator;
        private readonly List<(Action Deliver, bool MayGetLost)> _inFlight = [];
        private readonly Dictionary<long, HashSet<SubtaskId>> _acknowledged = [];
        private readonly Dictionary<long, TriggerBarrier> _triggered = [];
        private readonly HashSet<long> _ended = [];
        private readonly Dictionary<long, int> _answers = [];
        private JobLogState _log = JobLogState.Empty;
        private long _now;
        private long _lastId;
        private long _lastEnd = long.MinValue;
        private long _appending;
        private long _request;
        private bool _calm;
        private bool _over;
        private bool _done;

        public Host(int seed)
        {
            _random = new Random(seed);
            var concurrent = _random.Next(1, 4);
            _policy = new CheckpointPolicy
            {
                IntervalMs = _random.Next(4) == 0 ? null : _random.Next(1, 50),
                TimeoutMs = _random.Next(20, 300),
                MaxConcurrent = concurrent,
                MinPauseMs = concurrent == 1 ? _random.Next(0, 30) : 0,
                TolerableFailures = _random.Next(3) == 0 ? 0 : _random.Next(50),
                Retained = _random.Next(1, 4),
            };
            _subtasks = [.. Enumerable.Range(0, _random.Next(1, 5)).Select(i => new SubtaskId(i, 0))];
            _committers = [.. _subtasks.Where(_ => _random.Next(2) == 0)];
            for (var attempt = 1; attempt <= _random.Next(1, 4); attempt++)
            {
                _log = _log.Apply(JobLogRules.NextAttempt(_log, _log.RestorePoint, "model", "claim"));
            }

            _coordinator = new(_policy, CoordinatorStart.Of("job", _log, "plan", _subtasks, _committers), _now);
            _lastId = _log.ReservedThrough - JobLogState.IdsAhead;
        }

        public void Run()
        {
            for (var step = 0; step < 300 && !_over; step++)
            {
                Step();
                CarryOut();
            }

            // Then nothing goes wrong any more: a stop has to come to its end.
            _calm = true;
            if (!_over)
            {
                _coordinator.RequestStop(_now, ++_request, drain: false);
                CarryOut();
            }

            for (var step = 0; step < 2000 && !_over; step++)
            {
                if (_inFlight.Count > 0)
                {
                    Deliver(0);
                }
                else
                {
                    Wake();
                }

                CarryOut();
            }

            Assert.True(_over, "the job neither ended nor failed after the faults had stopped");
            _coordinator.AttemptStopped();
            CarryOut();
            for (long request = 1; request <= _request; request++)
            {
                Assert.Equal(1, _answers.GetValueOrDefault(request));
            }

            if (_done)
            {
                _log.Apply(new JobFinished(_log.Attempt, JobEndState.Stopped));
            }
        }

        private void Step()
        {
            switch (_random.Next(24))
            {
                case 0:
                    _coordinator.RequestCheckpoint(_now, ++_request);
                    break;
                case 1:
                    _coordinator.RequestSavepoint(_now, ++_request, "sp", stop: _random.Next(40) == 0, drain: true);
                    break;
                case 2 when _random.Next(30) == 0:
                    _coordinator.AllSourcesEnded(_now);
                    break;
                case 3:
                    Wake();
                    break;
                case 4 or 5:
                    _now += _random.Next(20);
                    _coordinator.Tick(_now);
                    break;
                case 6 when _lastId > 0 && _random.Next(3) == 0 && _triggered.Count > 0:
                    var old = _triggered.Keys.ElementAt(_random.Next(_triggered.Count));
                    _coordinator.Acknowledge(_now, old, new(new(77, 0), "job/x", 0, []), []);
                    break;
                default:
                    if (_inFlight.Count > 0)
                    {
                        Deliver(_random.Next(_inFlight.Count));
                    }

                    break;
            }
        }

        private void Wake()
        {
            if (_coordinator.NextWakeupMs == long.MaxValue)
            {
                return;
            }

            _now = Math.Max(_now, _coordinator.NextWakeupMs);
            _coordinator.Tick(_now);
            Assert.True(_coordinator.NextWakeupMs > _now, "a wake-up that changes nothing");
        }

        private void Deliver(int index)
        {
            var (deliver, mayGetLost) = _inFlight[index];
            var fate = _calm ? 9 : _random.Next(12);
            if (fate != 0 || !mayGetLost)
            {
                deliver();
            }

            if (fate != 1 || !mayGetLost)
            {
                _inFlight.RemoveAt(index);
            }
        }

        private void CarryOut()
        {
            var decisions = _coordinator.TakeDecisions();
            foreach (var decision in decisions)
            {
                Assert.True(!_over || decision is Abort or RequestFailed or MessageIgnored, $"{decision} after the end");
                CarryOut(decision);
            }

            Assert.True(_coordinator.Pending.Count <= _policy.MaxConcurrent);
        }

        private void CarryOut(CoordinatorDecision decision)
        {
            switch (decision)
            {
                case TriggerBarrier t:
                    Assert.True(t.CheckpointId > _lastId && t.CheckpointId <= _log.ReservedThrough, $"{t} is not reserved, or used before");
                    Assert.True(
                        t.Kind != CheckpointKind.Checkpoint || _request > 0 || _lastEnd == long.MinValue || _now - _lastEnd >= _policy.MinPauseMs,
                        "no pause");
                    _lastId = t.CheckpointId;
                    _triggered[t.CheckpointId] = t;
                    _acknowledged[t.CheckpointId] = [];
                    foreach (var subtask in _subtasks)
                    {
                        var decline = !_calm && _random.Next(40) == 0;
                        _inFlight.Add((() => Report(t, subtask, decline), true));
                    }

                    break;
                case StoreMetadata s:
                    var id = s.Metadata.CheckpointId;
                    Assert.Equal(_subtasks, s.Metadata.Subtasks.Select(x => x.Subtask));
                    Assert.Equal(_subtasks.Length, _acknowledged[id].Count);
                    _inFlight.Add((() =>
                    {
                        if (!_calm && _random.Next(10) == 0)
                        {
                            _coordinator.MetadataFailed(_now, id, "disk full");
                        }
                        else
                        {
                            _coordinator.MetadataStored(_now, id, new($"{s.Folder}/metadata", "d"));
                        }
                    }, false));
                    break;
                case AppendCompletion a:
                    Assert.Equal(0, _appending);
                    Assert.DoesNotContain(a.Entry.CheckpointId, _ended);
                    _appending = a.Entry.CheckpointId;
                    _inFlight.Add((() => AppendCompletion(a.Entry), false));
                    break;
                case ReserveIds r:
                    _inFlight.Add((() =>
                    {
                        if (Append(r.Entry))
                        {
                            _coordinator.IdsReserved(_now, r.Entry.ReservedThrough);
                        }
                        else
                        {
                            _coordinator.ReservationFailed(_now);
                        }
                    }, false));
                    break;
                case NotifyCompleted n:
                    Assert.Equal(_log.LastCommitting, n.CheckpointId);
                    foreach (var committer in _committers)
                    {
                        _inFlight.Add((() => _coordinator.Committed(_now, committer, n.CheckpointId), false));
                    }

                    break;
                case Abort a:
                    Assert.NotEqual(_appending, a.CheckpointId);
                    Assert.True(_ended.Add(a.CheckpointId), $"{a} twice, or after its completion");
                    _lastEnd = _now;
                    break;
                case Discard { Completed: true } d:
                    _log = _log.Apply(new CheckpointDropped(_log.Attempt, d.CheckpointId));
                    break;
                case Discard d:
                    Assert.Null(_log.Find(d.CheckpointId));
                    Assert.NotEqual(_appending, d.CheckpointId);
                    break;
                case RequestCompleted r:
                    Assert.Contains(r.CheckpointId, _ended);
                    _answers[r.Request] = _answers.GetValueOrDefault(r.Request) + 1;
                    break;
                case RequestFailed r:
                    _answers[r.Request] = _answers.GetValueOrDefault(r.Request) + 1;
                    break;
                case FailJob:
                    _over = true;
                    break;
                case JobDone j:
                    Assert.Equal(0, _appending);
                    Assert.Equal(_log.LastCommitting, j.CheckpointId);
                    Assert.True(_triggered[j.CheckpointId].Stop);
                    _over = _done = true;
                    break;
                case MessageIgnored:
                    break;
                default:
                    Assert.Fail($"unknown decision {decision}");
                    break;
            }
        }

        private void Report(TriggerBarrier barrier, SubtaskId subtask, bool decline)
        {
            if (decline)
            {
                _coordinator.Decline(_now, barrier.CheckpointId, subtask, "no");
                return;
            }

            _acknowledged[barrier.CheckpointId].Add(subtask);
            var path = CheckpointLayout.SubtaskFile(barrier.Folder, subtask);
            _coordinator.Acknowledge(_now, barrier.CheckpointId, new(subtask, path, 10, []), []);
        }

        private void AppendCompletion(CheckpointCompleted entry)
        {
            Assert.Equal(_subtasks.Length, _acknowledged[entry.CheckpointId].Count);
            _appending = 0;
            if (Append(entry))
            {
                Assert.True(_ended.Add(entry.CheckpointId));
                _lastEnd = _now;
                _coordinator.CompletionLogged(_now, entry.CheckpointId);
            }
            else
            {
                // Until the next try it is still under way as far as an abort is concerned.
                _coordinator.CompletionFailed(_now, entry.CheckpointId, "down");
                Assert.DoesNotContain(entry.CheckpointId, _ended);
            }
        }

        // As JobLogWriter: an entry may be in the log although its append failed, and repeating it is right.
        private bool Append(JobLogEntry entry)
        {
            var fate = _calm ? 9 : _random.Next(10);
            if (fate != 0 && !JobLogRules.IsSaid(_log, entry))
            {
                _log = _log.Apply(entry);
            }

            return fate > 1;
        }
    }
}
