using System.Runtime.CompilerServices;
using OrleansStream.Engine.Operators;
using OrleansStream.State;

namespace OrleansStream.Engine.State;

/// <summary>When the values of a state are over.</summary>
internal sealed class Expiry
{
    private readonly IEngineHost _host;
    private readonly long _ttlMs;

    private Expiry(IEngineHost host, StateOptions options, long ttlMs)
    {
        _host = host;
        _ttlMs = ttlMs;
        ProlongsOnRead = options.TtlUpdate == TtlUpdate.OnReadAndWrite;
        ReturnsExpired = options.TtlVisibility == TtlVisibility.ReturnExpiredIfNotCleanedUp;
        CleansUp = options.TtlCleanup;
    }

    public bool ProlongsOnRead { get; }

    public bool ReturnsExpired { get; }

    public bool CleansUp { get; }

    public long NowMs => _host.NowMs;

    /// <summary>What the options say; null if values live for ever.</summary>
    public static Expiry? Of(OperatorSetup setup, string state, StateOptions? options)
    {
        if (options?.Ttl is not { } ttl)
        {
            return null;
        }

        long ms = EventTime.WholeMilliseconds(ttl, $"The time to live of state '{state}' of operator '{setup.Name}'");
        return ms >= 1
            ? new Expiry(setup.Host, options, ms)
            : throw new JobDefinitionException($"The time to live of state '{state}' of operator '{setup.Name}' is {ttl}: nothing would ever be read. Give at least one millisecond, or null for ever.");
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsOver(long written, long now) => written <= now - _ttlMs;
}

/// <summary>A value with the time when its life began.</summary>
internal record struct Expiring<T>(T Value, long Written);
