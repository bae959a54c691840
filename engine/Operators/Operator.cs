using System.Runtime.CompilerServices;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// An operator of one subtask. All calls come on the subtask's thread, except that the constructor, <see cref="OpenInBackground"/> and <see cref="Open"/> run in the background before the subtask starts.
/// It can be suspended between any two records, timers or windows, and a snapshot is legal whenever it is.
/// </summary>
internal abstract class Operator(OperatorSetup setup)
{
    private const int BufferBytes = 16 * 1024;
    private const int LeastBufferRecords = 128;

    private readonly List<OutputLink> _links = [];
    private OutputLink[] _sides = [];

    public OperatorSetup Setup { get; } = setup;

    public OperatorMetrics Metrics { get; } = new(setup.Name, setup.Uid);

    /// <summary>The outputs, the main one first.</summary>
    public IReadOnlyList<OutputLink> Links => _links;

    /// <summary>The state of this operator; null for one that cannot have any.</summary>
    public virtual OperatorState? State => null;

    /// <summary>When the operator wants <see cref="OnClock"/>, by the host's clock.</summary>
    public virtual long NextClockMs => long.MaxValue;

    /// <summary>When the operator wants <see cref="OnDeadline"/>, by the host's clock, whatever else waits.</summary>
    public virtual long NextDeadlineMs => long.MaxValue;

    /// <summary>Whether the operator makes calls that may be awaited; <see cref="NextDeadlineMs"/> and what belongs to it matter only then.</summary>
    public virtual bool MakesCalls => false;

    /// <summary>Whether calls of user code are under way or wait, whose end is to be awaited.</summary>
    public virtual bool AwaitsCalls => false;

    /// <summary>Asynchronous opening of user code; in the background.</summary>
    public virtual void OpenInBackground()
    {
    }

    /// <summary>Opens user code, which declares state; what is declared is restored. In the background.</summary>
    public virtual void Open()
    {
    }

    /// <summary>Closes user code and gives memory back; in the background, after the last call of anything else.</summary>
    public virtual void Close()
    {
    }

    /// <summary>Goes on with what was left: hands on what was emitted.</summary>
    /// <returns>Whether nothing is left.</returns>
    public virtual bool Advance()
    {
        foreach (OutputLink link in _links)
        {
            if (!link.TryFlush())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Fires what the clock has made due.</summary>
    /// <returns>False if the output became full: call again.</returns>
    public virtual bool OnClock(long nowMs) => true;

    /// <summary>Looks after calls that take too long. It emits nothing, so that it is called also while the output is full.</summary>
    public virtual void OnDeadline(long nowMs)
    {
    }

    /// <summary>
    /// A barrier waits: ends what the snapshot must not be taken in the middle of, and begins nothing that comes after the barrier. Called again until it says true, and then <see cref="OnBarrier"/> follows, or
    /// <see cref="Unsettle"/> if the barrier has gone.
    /// </summary>
    /// <returns>Whether the snapshot may be taken.</returns>
    public virtual bool Settle() => true;

    /// <summary>The barrier that was waited for does not come any more.</summary>
    public virtual void Unsettle()
    {
    }

    /// <summary>Ends an epoch at a barrier, after everything that was emitted has left the chain.</summary>
    public virtual void OnBarrier(CheckpointBarrier barrier, SnapshotCollector snapshot) => State?.Freeze(snapshot);

    /// <summary>Whether background work of the operator's own is under way, which must end before <see cref="Close"/>.</summary>
    public virtual bool IsBusy => false;

    /// <summary>The subtask is about to be closed: no background work is begun any more.</summary>
    public virtual void BeginClosing()
    {
    }

    /// <summary>A question or message to a key has come.</summary>
    public virtual void OnKeyMail(KeyMail mail)
    {
        if (mail.Request.IsTell)
        {
            mail.Refuse(KeyStatus.Refused, $"operator '{Setup.Name}' takes no messages. Make it with ProcessGrain and declare them with Accepts.");
        }
        else if (State is IAskedState asked)
        {
            asked.Answer(mail);
        }
        else
        {
            mail.Refuse(KeyStatus.Refused, $"operator '{Setup.Name}' has no keys.");
        }
    }

    /// <summary>A checkpoint has completed: commit, inform.</summary>
    public virtual void OnCheckpointCompleted(long checkpointId)
    {
    }

    /// <summary>Whether everything up to a completed checkpoint is committed.</summary>
    public virtual bool HasCommitted(long checkpointId) => true;

    protected OutputLink<T> AddLink<T>(OutputTag? tag)
    {
        // Two operators that follow each other have their buffers in the first-level cache together.
        int mostRecords = Math.Max(LeastBufferRecords, BufferBytes / (Unsafe.SizeOf<T>() + sizeof(long)));
        OutputLink<T> link = new(tag, Math.Min(Setup.BatchSize, mostRecords));
        _links.Add(link);
        if (tag is not null)
        {
            _sides = [.. _sides, link];
        }

        return link;
    }

    /// <summary>The side output of a tag; null if nobody reads it.</summary>
    public OutputLink<T>? FindSide<T>(OutputTag tag)
    {
        foreach (OutputLink side in _sides)
        {
            if (side is OutputLink<T> typed && side.Tag!.Name == tag.Name)
            {
                return typed;
            }
        }

        return null;
    }

    /// <summary>Makes the outputs for the side outputs that are read. The tags come from the graph.</summary>
    public void AddSide<T>(OutputTag tag)
    {
        if (FindSide<T>(tag) is null)
        {
            AddLink<T>(tag);
        }
    }

    /// <summary>Hands a control element to all outputs; they have been flushed.</summary>
    protected bool ForwardControl(in Element element)
    {
        bool all = true;
        foreach (OutputLink link in _links)
        {
            all &= link.TryFlush() && link.Control(in element);
        }

        return all;
    }

    protected UserCodeException UserError(string detail, Exception e) => new(Setup.Name, Setup.Subtask, detail, e);
}
