using System.Text.Json;
using OrleansStream.Engine.Jobs;
using OrleansStream.Engine.Planning;
using OrleansStream.Graph;
using OrleansStream.Serialization;
using OrleansStream.Service;

namespace OrleansStream.Engine.KeyAccess;

/// <summary>
/// The types of a job's keys and messages, by which what is given as JSON becomes a request. Needs the job's code, and keeps its types: whoever keeps this lets go of it with the job. Any thread.
/// </summary>
public sealed class JobKeys
{
    private readonly Dictionary<string, StreamNode> _operators = new(StringComparer.Ordinal);
    private readonly SerializerRegistry _serializers = SerializerRegistry.CreateDefault();

    private JobKeys(JobPlan plan)
    {
        foreach (StreamNode node in plan.Nodes)
        {
            _operators[plan.UidOf(node)] = node;
        }
    }

    /// <summary>Finds out the types of a job by a call of its Define. May take as long as loading the job's code does.</summary>
    /// <param name="setup">The job.</param>
    /// <exception cref="StreamException">The graph cannot be built.</exception>
    public static JobKeys Of(JobSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        return new JobKeys(JobPlan.Build(setup.Create(), setup.Options, setup.DefaultParallelism, null));
    }

    /// <summary>Makes a request of a call.</summary>
    /// <param name="call">The call; that it asks or tells, one of both, and has an id of the right form, has been looked at.</param>
    /// <exception cref="KeyAccessException">The operator has no such key or takes no such message; the message says what there is.</exception>
    public KeyRequest Read(KeyCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (!_operators.TryGetValue(call.Operator, out StreamNode? node))
        {
            throw Refused(call, $"the job has no operator of that uid; it has {Quoted(_operators.Keys)}.");
        }

        Type keyType = node.Inputs.Select(e => e.Partitioning.KeyType).FirstOrDefault(t => t is not null)
            ?? throw Refused(call, $"the operator has no keys. Those that have: {Quoted(_operators.Where(o => o.Value.Inputs.Exists(e => e.Partitioning.KeyType is not null)).Select(o => o.Key))}.");
        try
        {
            IKeyReader reader = (IKeyReader)Activator.CreateInstance(typeof(KeyReader<>).MakeGenericType(keyType))!;
            KeyRequest request = reader.Read(_serializers, call) with { Id = call.Id is null ? Guid.Empty : Guid.ParseExact(call.Id, "N") };
            return call.Tell is { } name ? Told(request, call, node, name) : request;
        }
        catch (Exception e) when (e is SerializationException or KeyTypeException)
        {
            throw Refused(call, e.Message);
        }
    }

    private KeyRequest Told(KeyRequest request, KeyCall call, StreamNode node, string name)
    {
        IReadOnlyList<GrainMessage> accepted = (node as IKeyGrainNode)?.Accepted ?? throw Refused(call, "the operator takes no messages. Make it with ProcessGrain and declare them with Accepts.");
        GrainMessage[] found = [.. accepted.Where(m => m.Name == name)];
        if (found.Length == 0)
        {
            found = [.. accepted.Where(m => m.Name.EndsWith("." + name, StringComparison.Ordinal) || m.Name.EndsWith("+" + name, StringComparison.Ordinal))];
        }

        if (found is not [var message])
        {
            throw Refused(call, $"the operator accepts {(found.Length == 0 ? "no message" : "more than one message")} of the type '{name}'; it accepts {(accepted.Count == 0 ? "none" : Quoted(accepted.Select(m => m.Name)))}.");
        }

        TypeSchema schema = message.SchemaIn(_serializers);
        DataWriter written = new();
        schema.Write(written);
        return request with { Name = message.Name, Payload = SchemaJson.ToBytes(call.Message!.Value, schema), PayloadSchema = written.ToArray() };
    }

    private static KeyAccessException Refused(KeyCall call, string why) =>
        new($"Key {SchemaJson.Shown(call.Key)} of operator '{call.Operator}' could not be {(call.Tell is null ? "asked" : "told")}: {why}");

    private static string Quoted(IEnumerable<string> names) => string.Join(", ", names.Select(n => $"'{n}'").DefaultIfEmpty("none"));

    private interface IKeyReader
    {
        KeyRequest Read(SerializerRegistry serializers, KeyCall call);
    }

    private sealed class KeyReader<TKey> : IKeyReader
    {
        public KeyRequest Read(SerializerRegistry serializers, KeyCall call)
        {
            if (call.Key.ValueKind == JsonValueKind.Null)
            {
                throw new SerializationException("a key is never null.");
            }

            TypeSerializer<TKey> serializer = serializers.Get<TKey>();
            TKey key = serializer.Read(new DataReader(SchemaJson.ToBytes(call.Key, serializer.Schema)));
            return KeyRequests.Of(serializers, call.Operator, key, call.Tell is not null, call.Tell ?? call.Ask!, call.Durable);
        }
    }
}
