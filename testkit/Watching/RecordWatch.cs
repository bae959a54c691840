using System.Runtime.CompilerServices;
using OrleansStream.Graph;
using OrleansStream.Serialization;

namespace OrleansStream.TestKit;

/// <summary>
/// Finds functions that change records. A record is immutable from the moment it is emitted: nothing is copied on its way, so whoever changes it changes it for everybody. The watch takes a fingerprint of each record, its
/// serialized bytes, when it leaves an operator, and compares it each time the record goes on and at the end. It watches records that are objects; those that are structs are copied anyway, but not what they refer to.
/// For jobs in a test, of one process; any thread.
/// </summary>
public sealed class RecordWatch
{
    private const int Remembered = 100_000;
    private readonly Lock _lock = new();
    private readonly SerializerRegistry _serializers;
    private readonly ConditionalWeakTable<object, Sight> _sights = [];
    private readonly Queue<Sight> _recent = new();

    /// <summary>Creates a watch.</summary>
    /// <param name="serializers">What the fingerprints are made with; null for the defaults.</param>
    public RecordWatch(SerializerRegistry? serializers = null)
    {
        _serializers = serializers ?? SerializerRegistry.CreateDefault();
    }

    /// <summary>How many times a record was seen on its way from one operator to another.</summary>
    public long Sightings { get; private set; }

    /// <summary>The same job, watched: with an operator that looks between each two of its own. The state of the job's operators keeps its place.</summary>
    /// <param name="define">Defines the job.</param>
    public Action<StreamEnvironment> Watch(Action<StreamEnvironment> define)
    {
        ArgumentNullException.ThrowIfNull(define);
        return env =>
        {
            define(env);
            foreach (StreamNode node in env.Nodes.ToArray())
            {
                for (int input = 0; input < node.Inputs.Count; input++)
                {
                    node.Inputs[input].Accept(new Insertion(this, env, node, input));
                }
            }
        };
    }

    /// <summary>Looks once more at the records that were seen last: at the end of a run, for what was changed where no record went on.</summary>
    /// <exception cref="RecordChangedException">One was changed.</exception>
    public void Verify()
    {
        lock (_lock)
        {
            while (_recent.TryDequeue(out Sight? sight))
            {
                sight.Require();
            }
        }
    }

    private T Pass<T>(T value, string from, string to)
    {
        lock (_lock)
        {
            Sightings++;
            if (_sights.TryGetValue(value!, out Sight? seen))
            {
                seen.Require();
                seen.Passed(to);
            }
            else
            {
                seen = new Sight<T>(value, _serializers.Get<T>());
                seen.Passed(from);
                seen.Passed(to);
                _sights.Add(value!, seen);
                _recent.Enqueue(seen);
                if (_recent.Count > Remembered)
                {
                    _recent.Dequeue();
                }
            }
        }

        return value;
    }

    private sealed class Insertion(RecordWatch watch, StreamEnvironment env, StreamNode to, int input) : IEdgeVisitor
    {
        public void Visit<T>(StreamEdge<T> edge)
        {
            if (typeof(T).IsValueType)
            {
                return;
            }

            string from = edge.From.Name;
            string name = to.Name;
            MapNode<T, T> looks = new(value => watch.Pass(value, from, name)) { Id = env.Nodes.Count, Name = "watch", Parallelism = edge.From.Parallelism };
            looks.Inputs.Add(new StreamEdge<T>(edge.From, edge.Tag, Partitioning.Forward, 0));
            env.Nodes.Insert(env.Nodes.IndexOf(to), looks);
            to.Inputs[input] = new StreamEdge<T>(looks, null, edge.Partitioning, edge.Input);
        }
    }

    private abstract class Sight
    {
        private readonly List<string> _path = [];

        /// <summary>The operators that have had the record: where it was emitted first, then where it went.</summary>
        protected string Path => string.Join(" to ", _path.Select(name => $"'{name}'"));

        public void Passed(string name)
        {
            if (!_path.Contains(name))
            {
                _path.Add(name);
            }
        }

        public abstract void Require();
    }

    private sealed class Sight<T>(T record, TypeSerializer<T> serializer) : Sight
    {
        private readonly ulong _fingerprint = Fingerprint(record, serializer);
        private readonly string _text = $"{record}";

        public override void Require()
        {
            if (Fingerprint(record, serializer) != _fingerprint)
            {
                throw new RecordChangedException(
                    $"The record {_text} was changed after it went from {Path}; now it is {record}. One of them changed it, at once or because it had kept it. A record is immutable once it was emitted: emit a new one.");
            }
        }

        private static ulong Fingerprint(T record, TypeSerializer<T> serializer)
        {
            DataWriter writer = new();
            serializer.Write(writer, in record);
            return XxHash64.Hash(writer.WrittenSpan);
        }
    }
}
