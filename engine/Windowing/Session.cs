using System.Runtime.CompilerServices;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Windowing;

/// <summary>A session of a key.</summary>
internal struct Session<TAcc>
{
    /// <summary>The first timestamp.</summary>
    public long Start;

    /// <summary>The last timestamp plus the gap; the lowest time where there is no session.</summary>
    public long End;

    public TAcc Accumulator;

    /// <summary>Whether there is no session here, or none any more.</summary>
    public readonly bool IsNone => End == long.MinValue;

    /// <summary>The watermark that ends the session; the largest time where there is none.</summary>
    public readonly long Last
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => unchecked(End - 1);
    }

    public readonly bool Touches(long start, long end) => Start <= end && End >= start;

    /// <summary>Ends the session: what is left touches nothing.</summary>
    public void SetNone()
    {
        Start = long.MaxValue;
        End = long.MinValue;
        Accumulator = default!;
    }
}

/// <summary>What a key has in the table of <see cref="OpenSessions{TKey, TAcc}"/>.</summary>
internal struct KeySessions<TAcc>
{
    /// <summary>The youngest session; none when it has fired. The slot stays for a while, since the next session of the key most likely needs one; it is no state any more.</summary>
    public Session<TAcc> Youngest;

    /// <summary>The one before it, if that waits for the watermark.</summary>
    public Session<TAcc> Before;

    /// <summary>How many others wait, all of them older.</summary>
    public int Others;

    /// <summary>The number of the earliest of them; the rest follow, in order of time.</summary>
    public int FirstOther;

    public readonly bool HasFired => Youngest.IsNone;

    /// <summary>The watermark that ends the older of the two sessions here. Without a branch, since which it is no predictor learns.</summary>
    public readonly long Due
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            long hasOne = -(Before.IsNone ? 1L : 0L);
            return (Youngest.Last & hasOne) | (Before.Last & ~hasOne);
        }
    }
}

/// <summary>The sessions of a key as they stand in a snapshot.</summary>
internal struct StoredSessions<TAcc>
{
    public long Start;
    public long End;
    public int Others;
    public int FirstOther;
    public TAcc Accumulator;
    public Session<TAcc>? Before;
}

/// <summary>Writes the sessions of a key as <see cref="StoredSessions{TAcc}"/>: without accumulators where there is no session. Any thread.</summary>
internal sealed class KeySessionsSerializer<TAcc>(TypeSerializer<StoredSessions<TAcc>> stored, TypeSerializer<TAcc> accumulators) : TypeSerializer<KeySessions<TAcc>>
{
    public override TypeSchema Schema => stored.Schema;

    public override bool IsImmutable => accumulators.IsImmutable;

    public override void Write(DataWriter writer, in KeySessions<TAcc> value)
    {
        StoredSessions<TAcc> written = new()
        {
            Start = value.Youngest.Start,
            End = value.Youngest.End,
            Others = value.Others,
            FirstOther = value.FirstOther,
            Accumulator = value.Youngest.Accumulator,
            Before = value.Before.IsNone ? null : value.Before,
        };
        stored.Write(writer, in written);
    }

    public override KeySessions<TAcc> Read(DataReader reader)
    {
        StoredSessions<TAcc> read = stored.Read(reader);
        KeySessions<TAcc> sessions = new()
        {
            Youngest = new Session<TAcc> { Start = read.Start, End = read.End, Accumulator = read.Accumulator },
            Others = read.Others,
            FirstOther = read.FirstOther,
        };
        if (read.Before is { } before)
        {
            sessions.Before = before;
        }
        else
        {
            sessions.Before.SetNone();
        }

        return sessions;
    }

    public override KeySessions<TAcc> Copy(in KeySessions<TAcc> value)
    {
        KeySessions<TAcc> copy = value;
        Copy(ref copy.Youngest);
        Copy(ref copy.Before);
        return copy;
    }

    public override TypeSerializer<KeySessions<TAcc>> ForSchema(TypeSchema written) => new KeySessionsSerializer<TAcc>(stored.ForSchema(written), accumulators);

    private void Copy(ref Session<TAcc> session)
    {
        if (!session.IsNone)
        {
            session.Accumulator = accumulators.Copy(in session.Accumulator);
        }
    }
}
