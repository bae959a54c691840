using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Commits;

namespace OrleansStream.Engine.Tests.Commits;

/// <summary>
/// One transactional id over crashes, restores and lost marks, against what was really written. A decision is never wrong: what it says is written is, what it would write is not; without restores of
/// older checkpoints and lost marks it is never unknown, and all that was completed is written once, in order.
/// </summary>
public sealed class DeferredWriteModelTests
{
    [Fact]
    public void Every_completed_epoch_is_written_once_whenever_the_process_dies() => ForSeeds(seed => new World(seed, rewinds: false).Run(200));

    [Fact]
    public void After_restores_of_older_checkpoints_and_lost_marks_no_decision_is_wrong() => ForSeeds(seed => new World(seed, rewinds: true).Run(200));

    private static void ForSeeds(Action<int> run) =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue - 1).ToArbitrary(), seed =>
        {
            try
            {
                run(seed);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private sealed class World(int seed, bool rewinds)
    {
        private readonly Random _random = new(seed);
        private readonly List<(long Checkpoint, int Part)> _written = [];
        private readonly List<PendingEpoch[]> _completed = [];
        private List<PendingEpoch> _open = [];
        private Queue<(PendingEpoch Epoch, int From)> _toWrite = new();
        private EpochMark? _mark;
        private EpochMark _tail;
        private PendingEpoch[] _restorePoint = [];
        private long _lastCheckpoint;
        private int _attempt;

        public void Run(int steps)
        {
            Start(_restorePoint, UnknownEpochPolicy.Fail);
            for (int i = 0; i < steps; i++)
            {
                switch (_random.Next(rewinds ? 7 : 6))
                {
                    case 0 or 1:
                        Prepare();
                        break;
                    case 2 or 3 or 4:
                        WriteOne();
                        break;
                    case 5:
                        Crash();
                        break;
                    default:
                        Rewind();
                        break;
                }
            }

            if (rewinds)
            {
                return;
            }

            while (_toWrite.Count > 0)
            {
                WriteOne();
            }

            Assert.Equal(_written.Distinct().OrderBy(w => w), _written);
            Assert.Equal(_completed.SelectMany(c => c).Distinct().SelectMany(e => Enumerable.Range(1, e.Parts).Select(p => (e.CheckpointId, p))).Distinct().Order(), _written);
        }

        // The barrier, then the completion in the log, or a crash between the two.
        private void Prepare()
        {
            PendingEpoch epoch = new("run", ++_lastCheckpoint, _random.Next(4), _tail);
            _tail = epoch.End;
            _open.Add(epoch);
            if (_random.Next(8) == 0)
            {
                Crash();
                return;
            }

            _restorePoint = [.. _open];
            _completed.Add(_restorePoint);
            if (epoch.Parts > 0)
            {
                _toWrite.Enqueue((epoch, 0));
            }
        }

        private void WriteOne()
        {
            if (!_toWrite.TryDequeue(out (PendingEpoch Epoch, int From) next))
            {
                return;
            }

            for (int part = next.From + 1; part <= next.Epoch.Parts; part++)
            {
                if (_random.Next(10) == 0)
                {
                    Crash();
                    return;
                }

                _written.Add((next.Epoch.CheckpointId, part));
                _mark = next.Epoch.MarkOf(part);
            }

            // Noted only now: a crash before leaves it pending.
            if (_random.Next(10) == 0)
            {
                Crash();
                return;
            }

            _open = [.. _open.Where(e => e.CheckpointId > next.Epoch.CheckpointId)];
        }

        private void Crash() => Start(_restorePoint, rewinds ? (UnknownEpochPolicy)_random.Next(3) : UnknownEpochPolicy.Fail);

        private void Rewind()
        {
            if (_random.Next(3) == 0)
            {
                _mark = null;
            }
            else if (_completed.Count > 0)
            {
                _restorePoint = _completed[_random.Next(_completed.Count)];
            }

            Crash();
        }

        private void Start(PendingEpoch[] pending, UnknownEpochPolicy policy)
        {
            _attempt++;
            DeferredStart start = DeferredStart.Decide(_mark, pending, UnknownEpochPolicy.Fail, EpochMark.Beginning("run", _attempt));
            if (start.Kind == DeferredStartKind.Unknown)
            {
                Assert.True(rewinds, "a plain crash made epochs unknown");
                if (policy == UnknownEpochPolicy.Fail)
                {
                    // The person starts it again from where something is known.
                    policy = UnknownEpochPolicy.Skip;
                }

                start = DeferredStart.Decide(_mark, pending, policy, EpochMark.Beginning("run", _attempt));
                if (policy == UnknownEpochPolicy.Rewrite)
                {
                    // History is written anew from here: what was written of it before is its own.
                    _written.Clear();
                }
            }
            else
            {
                RequireTrue(start, pending);
            }

            if (start.Kind == DeferredStartKind.Begin)
            {
                _mark = start.Tail;
            }

            _tail = start.Tail;
            _open = [.. pending.Skip(start.Epoch)];
            _toWrite = new Queue<(PendingEpoch, int)>(
                pending.Skip(start.Epoch).Where(e => e.Parts > 0).Select((e, i) => (e, i == 0 ? start.PartsWritten : 0)));
        }

        private void RequireTrue(DeferredStart start, PendingEpoch[] pending)
        {
            for (int i = 0; i < pending.Length; i++)
            {
                for (int part = 1; part <= pending[i].Parts; part++)
                {
                    bool said = i < start.Epoch || (i == start.Epoch && part <= start.PartsWritten);
                    bool written = _written.Contains((pending[i].CheckpointId, part));

                    // Epochs that a person has skipped count as written wherever they are.
                    Assert.True(said || !written, $"checkpoint {pending[i].CheckpointId}, part {part} is written and would be written again");
                    Assert.True(rewinds || !said || written, $"checkpoint {pending[i].CheckpointId}, part {part} is not written and would be left out");
                }
            }
        }
    }
}
