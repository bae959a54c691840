namespace OrleansStream.Grains;

// Requests to keys are of the contracts, which know nothing of Orleans; this is how they travel.

[GenerateSerializer]
internal struct KeyRequestSurrogate
{
    [Id(0)]
    public string Operator;

    [Id(1)]
    public ulong KeyHash;

    [Id(2)]
    public byte[] Key;

    [Id(3)]
    public byte[] KeySchema;

    [Id(4)]
    public string KeyText;

    [Id(5)]
    public bool IsTell;

    [Id(6)]
    public string Name;

    [Id(7)]
    public bool IsDurable;

    [Id(8)]
    public byte[] Payload;

    [Id(9)]
    public byte[] PayloadSchema;

    [Id(10)]
    public Guid Id;
}

[RegisterConverter]
internal sealed class KeyRequestConverter : IConverter<KeyRequest, KeyRequestSurrogate>
{
    public KeyRequest ConvertFromSurrogate(in KeyRequestSurrogate surrogate) => new()
    {
        Operator = surrogate.Operator,
        KeyHash = surrogate.KeyHash,
        Key = surrogate.Key,
        KeySchema = surrogate.KeySchema,
        KeyText = surrogate.KeyText,
        IsTell = surrogate.IsTell,
        Name = surrogate.Name,
        IsDurable = surrogate.IsDurable,
        Payload = surrogate.Payload,
        PayloadSchema = surrogate.PayloadSchema,
        Id = surrogate.Id,
    };

    public KeyRequestSurrogate ConvertToSurrogate(in KeyRequest value) => new()
    {
        Operator = value.Operator,
        KeyHash = value.KeyHash,
        Key = value.Key,
        KeySchema = value.KeySchema,
        KeyText = value.KeyText,
        IsTell = value.IsTell,
        Name = value.Name,
        IsDurable = value.IsDurable,
        Payload = value.Payload,
        PayloadSchema = value.PayloadSchema,
        Id = value.Id,
    };
}

[GenerateSerializer]
internal struct KeyReplySurrogate
{
    [Id(0)]
    public KeyStatus Status;

    [Id(1)]
    public string Detail;

    [Id(2)]
    public byte[]? Value;

    [Id(3)]
    public byte[] Schema;

    [Id(4)]
    public int Attempt;

    [Id(5)]
    public long CheckpointId;

    [Id(6)]
    public string? Node;
}

[RegisterConverter]
internal sealed class KeyReplyConverter : IConverter<KeyReply, KeyReplySurrogate>
{
    public KeyReply ConvertFromSurrogate(in KeyReplySurrogate surrogate) => new(surrogate.Status, surrogate.Detail)
    {
        Value = surrogate.Value,
        Schema = surrogate.Schema,
        Attempt = surrogate.Attempt,
        CheckpointId = surrogate.CheckpointId,
        Node = surrogate.Node,
    };

    public KeyReplySurrogate ConvertToSurrogate(in KeyReply value) => new()
    {
        Status = value.Status,
        Detail = value.Detail,
        Value = value.Value,
        Schema = value.Schema,
        Attempt = value.Attempt,
        CheckpointId = value.CheckpointId,
        Node = value.Node,
    };
}
