using OrleansStream.Engine.KeyAccess;

namespace OrleansStream.Engine.KeyGrains;

/// <summary>A message on its way into the object of a key, and who waits for that: more than one if it was sent again meanwhile.</summary>
internal sealed class GrainTell(Guid id, object message, KeyMail mail)
{
    public Guid Id { get; } = id;

    public object Message { get; } = message;

    public List<KeyMail> Mails { get; } = [mail];
}
