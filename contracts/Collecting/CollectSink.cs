using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>
/// Collects records in the host's <see cref="CollectedResults"/>, exactly once: they are there when the checkpoint that covers them has completed. An epoch's records are stored in the
/// checkpoint, so this is for tests and small results. What a process that ended had collected is gone with it.
/// </summary>
/// <typeparam name="T">The type of the records; it needs a serializer.</typeparam>
public sealed class CollectSink<T> : ITwoPhaseSink<T>
{
    private readonly string _name;

    /// <summary>Creates the sink.</summary>
    /// <param name="name">The name under which <see cref="CollectedResults.Get"/> finds the records.</param>
    public CollectSink(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        _name = name;
    }

    /// <inheritdoc/>
    public string Description => $"collect {_name}";

    /// <inheritdoc/>
    /// <exception cref="JobDefinitionException">The host offers no <see cref="CollectedResults"/>.</exception>
    public ISinkWriter<T> CreateWriter(SinkContext context) => new Writer(context, Results(context).Serializers.Get<T>());

    /// <inheritdoc/>
    /// <exception cref="JobDefinitionException">The host offers no <see cref="CollectedResults"/>.</exception>
    public ISinkCommitter CreateCommitter(SinkContext context) => new Committer(_name, Results(context));

    private CollectedResults Results(SinkContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Services.GetService(typeof(CollectedResults)) as CollectedResults ?? throw new JobDefinitionException(
            $"The sink '{context.OperatorName}' collects '{_name}', but this host collects nothing. Add one CollectedResults object to the host's services, or use another sink.");
    }

    private sealed class Writer(SinkContext context, TypeSerializer<T> serializer) : ISinkWriter<T>
    {
        // Keeps a part well below what a serializer's buffer or a file of a checkpoint can hold.
        private const int PartBytes = 4 << 20;

        private readonly DataWriter _records = new();
        private List<(byte[] Records, int Count)> _parts = [];
        private int _count;

        public int Write(ReadOnlySpan<T> values, ReadOnlySpan<long> timestamps)
        {
            for (int i = 0; i < values.Length; i++)
            {
                serializer.Write(_records, in values[i]);
                _count++;
                if (_records.Position >= PartBytes)
                {
                    Seal();
                }
            }

            return values.Length;
        }

        public Func<IReadOnlyList<byte[]>> EndEpoch(long checkpointId)
        {
            Seal();
            List<(byte[] Records, int Count)> parts = _parts;
            _parts = [];
            return () => [.. parts.Select((part, number) => CollectedPart.Write(
                new CollectedPart(context.Incarnation, context.OperatorUid, checkpointId, context.Subtask, context.Attempt, number),
                serializer, part.Count, part.Records))];
        }

        public void Dispose()
        {
        }

        private void Seal()
        {
            if (_count > 0)
            {
                _parts.Add((_records.ToArray(), _count));
                _records.Clear();
                _count = 0;
            }
        }
    }

    private sealed class Committer(string name, CollectedResults results) : ISinkCommitter
    {
        public void Commit(long checkpointId, IReadOnlyList<byte[]> committables)
        {
            foreach (byte[] committable in committables)
            {
                results.Add(name, committable);
            }
        }

        public void Dispose()
        {
        }
    }
}
