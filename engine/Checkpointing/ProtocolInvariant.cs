using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.Engine.Checkpointing;

/// <summary>The numbered sentences of docs/checkpoint-protocol.md, asserted. They stay on in production.</summary>
internal static class ProtocolInvariant
{
    /// <summary>Fails the attempt when a sentence does not hold.</summary>
    public static void Require(int number, [DoesNotReturnIf(false)] bool holds, FormattableString facts)
    {
        if (!holds)
        {
            throw new InvariantViolatedException(
                $"Invariant {number} of docs/checkpoint-protocol.md does not hold: {FormattableString.Invariant(facts)}. Please report it.");
        }
    }
}
