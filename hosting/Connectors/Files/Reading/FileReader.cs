using OrleansStream.Formats;

namespace OrleansStream.Connectors.Files;

/// <summary>
/// Reads the splits of a subtask in turn, a few files at a time. It reads blocks on the subtask's thread: a block of a local file is in memory or comes in well below a millisecond, and handing
/// it over between threads would make runs differ from each other.
/// </summary>
internal sealed class FileReader<T>(
    SourceContext context, FilePattern pattern, Func<RecordParser<T>> createParser, FileSourceOptions<T> options) : ISourceReader<T>
{
    private readonly Dictionary<int, FileSplitReader<T>> _byHandle = [];
    private readonly Queue<FileSplitReader<T>> _reading = new();
    private readonly Queue<FileSplitReader<T>> _unread = new();
    private readonly List<FileSplitReader<T>> _waiting = [];
    private FileSplitReader<T>? _polled;
    private Throttle? _throttle;
    private long _nextCheckMs;

    private long IntervalMs => Math.Max(1, (long)options.Watch.GetValueOrDefault().TotalMilliseconds);

    public void AddSplit(int handle, SourceSplit split)
    {
        FilePosition position = FilePosition.Read(split.Position, split.Id);
        SplitFile file = new(context.OperatorName, pattern.PathOf(FileSplitEnumerator.NameOf(split.Id, in position)));
        FileSplitReader<T> reader = new(handle, file, position, createParser(), options);
        _byHandle.Add(handle, reader);
        _unread.Enqueue(reader);
    }

    public PollResult Poll(SourceOutput<T> output)
    {
        int budget = Math.Min(output.Room, Allowed());
        if (budget == 0)
        {
            return PollResult.Nothing;
        }

        LookAtWaiting();
        while (Next() is { } split)
        {
            int left = budget;
            _polled = split;
            SplitStatus status = split.Read(output, ref left);
            _throttle?.Take(budget - left);
            if (status == SplitStatus.Ended)
            {
                _byHandle.Remove(split.Handle);
                split.Dispose();
                return PollResult.End(split.Handle);
            }

            if (status == SplitStatus.Progress)
            {
                _reading.Enqueue(split);
                return PollResult.Read(split.Handle);
            }

            Park(split);
            if (left < budget)
            {
                return PollResult.Read(split.Handle);
            }
        }

        if (_waiting.Count > 0)
        {
            context.WakeAt(_nextCheckMs);
        }

        return PollResult.Nothing;
    }

    public string? PlaceOf(int index) => _polled?.PlaceOf(index);

    public ReadOnlyMemory<byte> Position(int handle) => _byHandle[handle].Position().Write();

    public void Dispose()
    {
        foreach (FileSplitReader<T> split in _byHandle.Values)
        {
            split.Dispose();
        }
    }

    private int Allowed()
    {
        if (options.RecordsPerSecond is not { } rate || _byHandle.Count == 0)
        {
            return int.MaxValue;
        }

        // Not every subtask has a split: those that have share the rate. Of a watched folder nobody knows how many there will be.
        int siblings = _byHandle.Values.First().Siblings;
        _throttle ??= new Throttle(rate / (siblings == 0 ? context.Parallelism : Math.Min(siblings, context.Parallelism)));
        int allowed = _throttle.Available(context.ProcessingTime, int.MaxValue);
        if (allowed == 0)
        {
            context.WakeAt(_throttle.NextMs);
        }

        return allowed;
    }

    private void Park(FileSplitReader<T> split)
    {
        if (_waiting.Count == 0)
        {
            _nextCheckMs = context.ProcessingTime + IntervalMs;
        }

        _waiting.Add(split);
    }

    private void LookAtWaiting()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        // A clock that was set back must not make it wait for longer than the interval.
        long now = context.ProcessingTime;
        if (now < _nextCheckMs && now >= _nextCheckMs - IntervalMs)
        {
            return;
        }

        _nextCheckMs = now + IntervalMs;
        foreach (FileSplitReader<T> split in _waiting)
        {
            _unread.Enqueue(split);
        }

        _waiting.Clear();
    }

    private FileSplitReader<T>? Next()
    {
        if (_unread.Count > 0 && _reading.Count < options.MaxOpenFiles)
        {
            return _unread.Dequeue();
        }

        return _reading.TryDequeue(out FileSplitReader<T>? split) ? split : null;
    }
}
