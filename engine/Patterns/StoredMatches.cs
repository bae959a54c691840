using OrleansStream.Serialization;

namespace OrleansStream.Engine.Patterns;

/// <summary>The partial matches of a key as they stand in a snapshot; see <see cref="KeyMatches{T}"/>.</summary>
internal sealed record StoredMatches<T>(
    MatchRun[] Runs, MatchRun[] Held, MatchNode[] Nodes, MatchEvent<T>[] Events, int FreeNode, int FreeEvent, long Sequence, long DueTime, long DuePrevious);

/// <summary>Writes partial matches as <see cref="StoredMatches{T}"/>: without the slots that were never used. Any thread.</summary>
internal sealed class KeyMatchesSerializer<T>(TypeSerializer<StoredMatches<T>> stored) : TypeSerializer<KeyMatches<T>>
{
    public override TypeSchema Schema => stored.Schema;

    public override void Write(DataWriter writer, in KeyMatches<T> value)
    {
        StoredMatches<T> written = new(
            value.Runs.AsSpan().ToArray(), value.Held is null ? [] : value.Held.Runs.AsSpan().ToArray(), value.Nodes[..value.NodeCount].ToArray(), value.Events[..value.EventCount].ToArray(),
            value.FreeNode, value.FreeEvent, value.Sequence, value.DueTime, value.DuePrevious);
        stored.Write(writer, in written);
    }

    public override KeyMatches<T> Read(DataReader reader)
    {
        StoredMatches<T> read = stored.Read(reader);
        KeyMatches<T> matches = new()
        {
            FreeNode = read.FreeNode,
            FreeEvent = read.FreeEvent,
            LiveNodes = read.Nodes.Count(node => node.Uses > 0),
            Sequence = read.Sequence,
            DueTime = read.DueTime,
            DuePrevious = read.DuePrevious,
        };
        matches.Load(read.Nodes, read.Events);
        matches.Runs.Load(read.Runs);
        if (read.Held.Length > 0)
        {
            matches.Held = new HeldMatches();
            matches.Held.Runs.Load(read.Held);
        }

        return matches;
    }

    public override KeyMatches<T> Copy(in KeyMatches<T> value) => value.Copy();

    public override TypeSerializer<KeyMatches<T>> ForSchema(TypeSchema written) => written.Members.Any(member => member.Name == "Waiting")
        ? throw new StateRestoreException(
            "it was written by an earlier version of OrleansStream, which kept the events that wait for the watermark with the partial matches. Stop the job with that version and --drain, and start it without this state.")
        : new KeyMatchesSerializer<T>(stored.ForSchema(written));
}
