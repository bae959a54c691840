using OrleansStream.Engine.Tests.Checkpointing;

namespace OrleansStream.Engine.Tests.Connectors;

/// <summary>Random runs of attempts that crash between any two steps of the protocol: what is seen at the end is what went in, once.</summary>
public sealed class FileSinkCrashTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Committed_output_is_exact_whatever_crashes()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            new Run(_folder.File($"{seed}"), new Random(seed)).Check(seed);
        }
    }

    private sealed class Run(string folder, Random random)
    {
        private const int Total = 60;

        private readonly ExactlyOnceFileSink<string> _sink = FileSink.Lines(folder).WithBlockBytes(random.Next(1, 60)).WithPartBytes(random.Next(1, 100)).ExactlyOnce();

        // What the log and the checkpoint store hold.
        private long _nextCheckpoint = 1;
        private long _completed;
        private int _position;
        private List<(long Checkpoint, byte[] Payload)> _held = [];

        public void Check(int seed)
        {
            int attempt = 0;
            while (!TryAttempt(++attempt, mayCrash: attempt < 30))
            {
            }

            IEnumerable<string> seen = Directory.GetFiles(folder).Where(f => !IsHidden(f)).Order(StringComparer.Ordinal).SelectMany(File.ReadAllLines);
            Assert.True(Enumerable.Range(0, Total).Select(i => $"record {i:D2}").SequenceEqual(seen.Order(StringComparer.Ordinal)), $"seed {seed}: {string.Join(',', seen)}");

            // Writers of attempts that were given up may still be at it, as those of a process that was cut off are; what they leave the next attempt removes.
            using ISinkCommitter last = _sink.CreateCommitter(new TestSinkContext { AttemptOf = attempt + 1, Restored = _completed });
            Assert.True(
                SpinWait.SpinUntil(
                    () =>
                    {
                        last.AbortUnprepared();
                        return !Directory.GetFiles(folder).Any(IsHidden);
                    },
                    TimeSpan.FromSeconds(30)),
                $"seed {seed} leaves {string.Join(',', Directory.GetFiles(folder).Where(IsHidden))}");
        }

        private static bool IsHidden(string file) => Path.GetFileName(file)[0] == '.';

        private bool TryAttempt(int attempt, bool mayCrash)
        {
            int subtasks = random.Next(1, 4);
            bool Crashes() => mayCrash && random.Next(12) == 0;
            ISinkCommitter[] committers = new ISinkCommitter[subtasks];
            ISinkWriter<string>[] writers = new ISinkWriter<string>[subtasks];
            for (int i = 0; i < subtasks; i++)
            {
                TestSinkContext context = new() { AttemptOf = attempt, Restored = _completed, SubtaskOf = i, ParallelismOf = subtasks };
                committers[i] = _sink.CreateCommitter(context);
                committers[i].AbortUnprepared();
                writers[i] = _sink.CreateWriter(context);
                if (Crashes())
                {
                    return false;
                }
            }

            // Prepared and not committed, by the subtask that holds it.
            List<(long Checkpoint, byte[] Payload, int Owner)> open = [.. _held.Select((h, i) => (h.Checkpoint, h.Payload, i % subtasks))];
            bool Commit()
            {
                foreach (var group in open.Where(o => o.Checkpoint <= _completed).GroupBy(o => (o.Checkpoint, o.Owner)).OrderBy(g => g.Key.Checkpoint).ToList())
                {
                    committers[group.Key.Owner].Commit(group.Key.Checkpoint, [.. group.Select(g => g.Payload)]);
                    if (Crashes())
                    {
                        return false;
                    }

                    open.RemoveAll(o => (o.Checkpoint, o.Owner) == group.Key);
                }

                return true;
            }

            if (!Commit())
            {
                return false;
            }

            int position = _position;
            while (true)
            {
                for (int records = random.Next(0, 12); records > 0 && position < Total; records--)
                {
                    Assert.Equal(1, writers[position % subtasks].Write([$"record {position:D2}"], new long[1]));
                    position++;
                }

                if (Crashes())
                {
                    return false;
                }

                long checkpoint = _nextCheckpoint++;
                for (int i = 0; i < subtasks; i++)
                {
                    open.AddRange(writers[i].EndEpoch(checkpoint)().Select(p => (checkpoint, p, i)));
                    if (Crashes())
                    {
                        return false;
                    }
                }

                // A checkpoint may fail although all have prepared: the next one holds these parts too.
                if (random.Next(4) == 0 && position < Total)
                {
                    continue;
                }

                (_completed, _position, _held) = (checkpoint, position, [.. open.Select(o => (o.Checkpoint, o.Payload))]);
                if (Crashes() || (random.Next(3) > 0 && !Commit()))
                {
                    return false;
                }

                if (position == Total)
                {
                    return Commit();
                }
            }
        }
    }
}
