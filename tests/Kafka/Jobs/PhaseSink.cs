using System.Collections;

namespace OrleansStream.Kafka.Jobs;

/// <summary>Whether the process was killed or stopped; of several subtasks one does it.</summary>
internal static class PhaseSink
{
    public static int Fired;
}

/// <summary>
/// A sink whose process is killed, or stopped, at a named instant of the second phase: <c>spooling</c>, <c>prepared</c>, <c>before-burst</c>, <c>in-burst</c>, <c>after-commit</c>, <c>between</c> (two of several
/// outstanding epochs). The sink inside does not know.
/// </summary>
internal sealed class PhaseSink<T>(ITwoPhaseSink<T> inner, string phase, int at, string signal, Func<bool> isBurstSeen) : ITwoPhaseSink<T>
{
    private readonly Progress _progress = new();

    public string Description => inner.Description;

    public ISinkCommitter CreateCommitter(SinkContext context) => new Committer(this, inner.CreateCommitter(context));

    public ISinkWriter<T> CreateWriter(SinkContext context) => new Writer(this, inner.CreateWriter(context));

    private void Pass(string reached, int count)
    {
        if (reached == phase && count == at && Interlocked.Exchange(ref PhaseSink.Fired, 1) == 0)
        {
            ProcessSignal.Raise(signal == "stop" ? ProcessSignal.Stop : ProcessSignal.Kill);
        }
    }

    private sealed class Progress
    {
        public int Written;
        public int Prepared;
        public int Commits;
        public int Bursts;
    }

    private sealed class Writer(PhaseSink<T> sink, ISinkWriter<T> inner) : ISinkWriter<T>
    {
        public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
        {
            int taken = inner.Write(values, timestamps);
            if (taken > 0)
            {
                sink.Pass("spooling", ++sink._progress.Written);
            }

            return taken;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            Func<IReadOnlyList<byte[]>> prepare = inner.EndEpoch(checkpointId);
            return () =>
            {
                IReadOnlyList<byte[]> prepared = prepare();
                if (prepared.Count > 0)
                {
                    sink.Pass("prepared", Interlocked.Increment(ref sink._progress.Prepared));
                }

                return prepared;
            };
        }

        public void Dispose() => inner.Dispose();
    }

    private sealed class Committer(PhaseSink<T> sink, ISinkCommitter inner) : ISinkCommitter
    {
        public void Restore(long checkpointId, IReadOnlyList<byte[]> committables) => inner.Restore(checkpointId, committables);

        public void AbortUnprepared() => inner.AbortUnprepared();

        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            int commit = ++sink._progress.Commits;
            sink.Pass("before-burst", commit);
            if (sink.IsAt("between", commit))
            {
                int prepared = Volatile.Read(ref sink._progress.Prepared);
                SpinWait.SpinUntil(() => Volatile.Read(ref sink._progress.Prepared) >= prepared + 2, TimeSpan.FromSeconds(20));
            }

            inner.Commit(checkpointId, sink.IsPhase("in-burst") ? new Watched(committables, sink) : committables);
            sink.Pass("between", commit);
            sink.Pass("after-commit", commit);
        }

        public void Dispose() => inner.Dispose();
    }

    private int At => at;

    private Func<bool> IsBurstSeen => isBurstSeen;

    private bool IsPhase(string reached) => reached == phase;

    private bool IsAt(string reached, int count) => reached == phase && count == at;

    // When the second chunk is asked for, the records of the first are under way in an open transaction.
    private sealed class Watched(IReadOnlyList<byte[]> inner, PhaseSink<T> sink) : IReadOnlyList<byte[]>
    {
        public int Count => inner.Count;

        public byte[] this[int index] => inner[index];

        public IEnumerator<byte[]> GetEnumerator()
        {
            int index = 0;
            foreach (byte[] committable in inner)
            {
                if (index++ == Math.Min(2, inner.Count - 1))
                {
                    if (++sink._progress.Bursts == sink.At)
                    {
                        SpinWait.SpinUntil(sink.IsBurstSeen, TimeSpan.FromSeconds(20));
                    }

                    sink.Pass("in-burst", sink._progress.Bursts);
                }

                yield return committable;
            }
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
