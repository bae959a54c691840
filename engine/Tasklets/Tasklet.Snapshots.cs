using OrleansStream.Checkpointing;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Tasklets;

/// <summary>The part of a subtask that takes snapshots and has them written in the background.</summary>
internal sealed partial class Tasklet
{
    private void TakeSnapshot(Chain chain, CheckpointBarrier barrier)
    {
        long cpu = Host.ThreadCpuNs;
        long wall = Host.MonotonicNs;
        SnapshotCollector snapshot = new(barrier.CheckpointId);
        // What an operator sends at the last moment is bounded, and cannot wait for room.
        Absorb(chain, true);
        foreach (Operator op in chain.Operators)
        {
            op.OnBarrier(barrier, snapshot);
        }

        Absorb(chain, false);
        foreach (ExchangeWriter exit in chain.Exits)
        {
            exit.SendBarrier(barrier);
        }

        RequireNoneOvertook(chain, barrier);
        KeysSnapshotted(barrier.CheckpointId);
        _alignment!.Taken(barrier);
        OpenSnapshot open = new(barrier, snapshot, Host.ThreadCpuNs - cpu, Host.MonotonicNs - wall);
        if (barrier.Unaligned)
        {
            AwaitRoom(chain, open);
        }

        _toWrite.Enqueue(open);
        WriteNext();
    }

    private static void Absorb(Chain chain, bool everything)
    {
        foreach (ExchangeWriter exit in chain.Exits)
        {
            exit.IsAbsorbing = everything;
        }
    }

    // One after the other, so that a sink's epochs are prepared in order.
    private void WriteNext()
    {
        if (_isWriting || !_toWrite.TryPeek(out OpenSnapshot? next) || !next.IsComplete)
        {
            return;
        }

        ProtocolInvariant.Require(
            11, next.IsAbandoned || !_chain!.Channels.Any(c => c.Recording is not null) || Growing() is not null,
            $"the snapshot of subtask {Id} for checkpoint {next.Barrier.CheckpointId} is written while a channel is still recorded for it");
        _toWrite.Dequeue();
        _isWriting = true;
        SnapshotCollector snapshot = next.State;
        InBackground(
            () =>
            {
                snapshot.Prepare();
                if (next.IsAbandoned)
                {
                    return SubtaskSnapshot.Empty(Id);
                }

                using SubtaskSnapshotWriter writer = new(_setup.Store, CheckpointLayout.SubtaskFile(next.Barrier.Folder, Id), Id);
                snapshot.Write(writer);
                return writer.Complete();
            },
            (written, error) =>
            {
                _isWriting = false;
                snapshot.Release();
                long id = next.Barrier.CheckpointId;
                if (error is null && !next.IsAbandoned)
                {
                    Report(new SubtaskAcknowledged(
                        _setup.Job, _setup.Attempt, Id, id, written!, snapshot.Descriptions, next.CpuNs, next.WallNs));
                }
                else if (error is CheckpointStorageException)
                {
                    Report(new SubtaskDeclined(_setup.Job, _setup.Attempt, Id, id, error.Message));
                }
                else if (error is not null)
                {
                    Fail(error);
                    return;
                }

                WriteNext();
                CloseIfIdle();
            });
    }
}
