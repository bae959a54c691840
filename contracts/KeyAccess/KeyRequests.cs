using System.Globalization;
using OrleansStream.Keys;
using OrleansStream.Serialization;

namespace OrleansStream;

/// <summary>Makes requests to keys and reads their answers: for hosts that offer keys of their jobs to other code.</summary>
public static class KeyRequests
{
    /// <summary>Asks for all states that a key has, as the members of one object.</summary>
    public const string AllStates = "*";

    // What travels is serialized by what OrleansStream makes itself, so that both ends agree without a job.
    private static readonly SerializerRegistry s_serializers = SerializerRegistry.CreateDefault();

    /// <summary>A question for a state of a key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <param name="operatorUid">The uid of the operator.</param>
    /// <param name="key">The key.</param>
    /// <param name="state">The name of the state, or <see cref="AllStates"/>.</param>
    /// <param name="mode">How firm the answer is to be.</param>
    public static KeyRequest Ask<TKey>(string operatorUid, TKey key, string state, AskMode mode)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(state);
        return Of(s_serializers, operatorUid, key, isTell: false, state, mode == AskMode.Durable);
    }

    /// <summary>A message to a key.</summary>
    /// <typeparam name="TKey">The type of the key.</typeparam>
    /// <typeparam name="TMessage">The type of the message.</typeparam>
    /// <param name="operatorUid">The uid of the operator.</param>
    /// <param name="key">The key.</param>
    /// <param name="message">The message.</param>
    /// <param name="delivery">When it counts as delivered.</param>
    /// <param name="id">Identifies it, however often it is sent.</param>
    public static KeyRequest Tell<TKey, TMessage>(string operatorUid, TKey key, TMessage message, Delivery delivery, Guid id) where TMessage : notnull
    {
        ArgumentNullException.ThrowIfNull(message);
        TypeSerializer<TMessage> serializer = s_serializers.Get<TMessage>();
        return Of(s_serializers, operatorUid, key, isTell: true, typeof(TMessage).ToString(), delivery == Delivery.Durable) with
        {
            Payload = Bytes(serializer, in message),
            PayloadSchema = SchemaOf(serializer),
            Id = id,
        };
    }

    /// <summary>Whether the calling code runs inside of a call for a key, so that <see cref="RequireAllowed"/> has something to look at.</summary>
    public static bool AreLimited => KeyCallScope.Current is not null;

    /// <summary>Refuses what would wait for ever, or break the order of keys, inside of a key's call.</summary>
    /// <param name="request">The request.</param>
    /// <param name="job">The job that it is for.</param>
    /// <exception cref="KeyAccessException">The calling code runs inside of a call for a key of that job, and this is a message or waits for a checkpoint.</exception>
    public static void RequireAllowed(KeyRequest request, string job)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (KeyCallScope.Current is not { } call || call.Job != job)
        {
            return;
        }

        if (request.IsTell)
        {
            throw new KeyAccessException(
                $"The call for key '{call.Key}' of operator '{call.Operator}' tells a message to key '{request.KeyText}' of operator '{request.Operator}' of the same job. What one key sends another must take part in checkpoints: "
                + "emit a record, and key it by the other one (KeyBy), instead.");
        }

        if (request.IsDurable)
        {
            throw new KeyAccessException(
                $"The call for key '{call.Key}' of operator '{call.Operator}' asks durably for key '{request.KeyText}' of operator '{request.Operator}'. The answer waits for a checkpoint, which waits for the call: ask with AskMode.Latest.");
        }
    }

    /// <summary>Reads the answer to a question.</summary>
    /// <typeparam name="T">The type of the state.</typeparam>
    /// <param name="request">The question.</param>
    /// <param name="reply">What came back.</param>
    /// <exception cref="KeyAccessException">It was refused, or the state is of another type.</exception>
    public static Answer<T> Answer<T>(KeyRequest request, KeyReply reply)
    {
        ArgumentNullException.ThrowIfNull(request);
        Require(request, reply);
        if (reply.Value is null)
        {
            return new Answer<T>(false, default, reply.Attempt, reply.CheckpointId);
        }

        try
        {
            T value = s_serializers.Reader<T>(TypeSchema.Read(new DataReader(reply.Schema))).Read(new DataReader(reply.Value));
            return new Answer<T>(true, value, reply.Attempt, reply.CheckpointId);
        }
        catch (StateRestoreException e)
        {
            throw new KeyAccessException($"The state '{request.Name}' of operator '{request.Operator}' cannot be read as {typeof(T)}: {e.Message}", e);
        }
    }

    /// <summary>Throws unless the request was done.</summary>
    /// <param name="request">The request.</param>
    /// <param name="reply">What came back.</param>
    /// <exception cref="KeyAccessException">It was refused.</exception>
    public static void Require(KeyRequest request, KeyReply reply)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.Status != KeyStatus.Done)
        {
            throw new KeyAccessException(Refusal(request, reply.Detail));
        }
    }

    /// <summary>Why a request was not done, for people.</summary>
    /// <param name="request">The request.</param>
    /// <param name="detail">What the key's subtask, or who looked for it, has said.</param>
    public static string Refusal(KeyRequest request, string detail)
    {
        ArgumentNullException.ThrowIfNull(request);
        return $"Key '{request.KeyText}' of operator '{request.Operator}' could not be {(request.IsTell ? "told" : "asked")}: {detail}";
    }

    internal static byte[] SchemaOf(TypeSerializer serializer)
    {
        DataWriter writer = new();
        serializer.Schema.Write(writer);
        return writer.ToArray();
    }

    internal static byte[] Bytes<T>(TypeSerializer<T> serializer, in T value)
    {
        DataWriter writer = new();
        serializer.Write(writer, in value);
        return writer.ToArray();
    }

    internal static KeyRequest Of<TKey>(SerializerRegistry serializers, string operatorUid, TKey key, bool isTell, string name, bool isDurable)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(operatorUid);
        ArgumentNullException.ThrowIfNull(key);
        TypeSerializer<TKey> serializer = serializers.Get<TKey>();
        return new KeyRequest
        {
            Operator = operatorUid,
            KeyHash = KeyHasher.For<TKey>().Hash(in key),
            Key = Bytes(serializer, in key),
            KeySchema = SchemaOf(serializer),
            KeyText = Convert.ToString(key, CultureInfo.InvariantCulture) ?? "",
            IsTell = isTell,
            Name = name,
            IsDurable = isDurable,
        };
    }
}
