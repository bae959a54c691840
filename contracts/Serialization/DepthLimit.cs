namespace OrleansStream.Serialization;

/// <summary>How deep values of recursive types may nest.</summary>
internal static class DepthLimit
{
    internal const int Levels = 1000;

    internal static SerializationException Exceeded(Type? type, int depth) => new(
        $"{(type is null ? "A value" : $"A value of {TypeNames.Of(type)}")} is nested more than {Math.Min(depth - 1, Levels)} levels deep (at most {Levels} "
        + "are allowed): either it refers to itself in a cycle, which cannot be stored, or it is a long chain: keep its links in a list.");
}
