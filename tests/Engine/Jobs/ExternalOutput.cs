using System.Text;

namespace OrleansStream.Engine.Tests.Jobs;

/// <summary>
/// The world outside that a two-phase sink writes to: what is staged, what is visible. It survives the process, and notes what a sink must never see: a commit of what was aborted, epochs out of order,
/// an older attempt that still commits.
/// </summary>
internal sealed class ExternalOutput
{
    private readonly Dictionary<string, Staged> _staged = [];
    private readonly HashSet<string> _committed = [];
    private readonly Dictionary<(string Incarnation, string Uid, int Subtask), long> _lastEpoch = [];
    private readonly Dictionary<string, int> _newestAttempt = [];

    public List<string> Visible { get; } = [];

    public List<string> Violations { get; } = [];

    /// <summary>The epochs in the order in which they were committed, repetitions too.</summary>
    public List<long> Commits { get; } = [];

    /// <summary>Whether writers take records; a writer that refuses is woken by <see cref="Open"/>.</summary>
    public bool Accepts { get; set; } = true;

    public List<Action> Wakes { get; } = [];

    public int LargestOpenEpoch { get; private set; }

    public void Open()
    {
        Accepts = true;
        foreach (Action wake in Wakes)
        {
            wake();
        }
    }

    public void Started(string incarnation, int attempt) => _newestAttempt[incarnation] = Math.Max(_newestAttempt.GetValueOrDefault(incarnation), attempt);

    public void Stage(string key, string incarnation, int attempt, string uid, int subtask, List<string> rows)
    {
        _staged.Add(key, new Staged(incarnation, attempt, uid, subtask, rows));
        LargestOpenEpoch = Math.Max(LargestOpenEpoch, rows.Count);
    }

    public void Prepared(string key, long epoch)
    {
        if (_staged.TryGetValue(key, out Staged? staged))
        {
            staged.Epoch = epoch;
        }
    }

    public void Abort(string incarnation, int attempt, long restored)
    {
        foreach (string key in _staged.Where(s => s.Value.Incarnation == incarnation && s.Value.Attempt < attempt && (s.Value.Epoch is null || s.Value.Epoch > restored)).Select(s => s.Key).ToArray())
        {
            _staged.Remove(key);
        }
    }

    public void Commit(string incarnation, int attempt, long epoch, byte[] committable)
    {
        Commits.Add(epoch);
        string key = Encoding.UTF8.GetString(committable);
        if (attempt < _newestAttempt[incarnation])
        {
            Violations.Add($"attempt {attempt} commits {key} after attempt {_newestAttempt[incarnation]} has started");
        }

        if (!_committed.Add(key))
        {
            return;
        }

        if (!_staged.Remove(key, out Staged? staged))
        {
            Violations.Add($"{key} is committed, and was aborted");
            return;
        }

        (string, string, int) sender = (staged.Incarnation, staged.Uid, staged.Subtask);
        if (_lastEpoch.GetValueOrDefault(sender) >= epoch)
        {
            Violations.Add($"{key} of epoch {epoch} is committed after epoch {_lastEpoch[sender]}");
        }

        _lastEpoch[sender] = epoch;
        Visible.AddRange(staged.Rows);
    }

    public void RequireCommitted(IReadOnlyCollection<string> expected, string run)
    {
        Assert.True(Violations.Count == 0, $"{run}: {string.Join("; ", Violations)}");
        Golden.Compare(run, expected, Visible);
    }

    private sealed record Staged(string Incarnation, int Attempt, string Uid, int Subtask, List<string> Rows)
    {
        public long? Epoch { get; set; }
    }
}

/// <summary>Writes to an <see cref="ExternalOutput"/>, exactly once.</summary>
internal sealed class ExternalSink(ExternalOutput output, Faults faults) : ITwoPhaseSink<string>
{
    public string Description => "external";

    public ISinkWriter<string> CreateWriter(SinkContext context)
    {
        faults.Pass("open writer");
        return new Writer(output, faults, context);
    }

    public ISinkCommitter CreateCommitter(SinkContext context)
    {
        output.Started(context.Incarnation, context.Attempt);
        return new Committer(output, faults, context);
    }

    private sealed class Writer : ISinkWriter<string>
    {
        private readonly ExternalOutput _output;
        private readonly Faults _faults;
        private readonly SinkContext _context;
        private List<string> _rows = [];
        private int _epochs;

        public Writer(ExternalOutput output, Faults faults, SinkContext context)
        {
            _output = output;
            _faults = faults;
            _context = context;
            output.Wakes.Add(context.Wake);
        }

        public int Write(ReadOnlySpan<string> values, ReadOnlySpan<long> timestamps)
        {
            if (!_output.Accepts)
            {
                return 0;
            }

            _faults.Pass("write");
            // Some of them at a time, as a full buffer would.
            int n = Math.Min(values.Length, 5);
            _rows.AddRange(values[..n]);
            return n;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            _faults.Pass("end epoch");
            List<string> rows = _rows;
            _rows = [];
            string key = $"{_context.Incarnation}/{_context.OperatorUid}/{_context.Subtask}/{_context.Attempt}/{++_epochs}";
            return () =>
            {
                _faults.Pass("prepare");
                if (rows.Count == 0)
                {
                    return [];
                }

                _output.Stage(key, _context.Incarnation, _context.Attempt, _context.OperatorUid, _context.Subtask, rows);
                _output.Prepared(key, checkpointId);
                return new Overwritten(Encoding.UTF8.GetBytes(key));
            };
        }

        public void Dispose() => _faults.Pass("close writer");
    }

    private sealed class Committer(ExternalOutput output, Faults faults, SinkContext context) : ISinkCommitter
    {
        private bool _isDisposed;

        public void AbortUnprepared()
        {
            faults.Pass("abort");
            output.Abort(context.Incarnation, context.Attempt, context.RestoredCheckpoint);
        }

        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            if (_isDisposed)
            {
                output.Violations.Add($"a disposed committer commits epoch {checkpointId}");
            }

            faults.Pass("commit");
            foreach (byte[] committable in committables)
            {
                output.Commit(context.Incarnation, context.Attempt, checkpointId, committable);
            }

            faults.Pass("committed");
        }

        public void Dispose()
        {
            _isDisposed = true;
            faults.Pass("close committer");
        }
    }
}
