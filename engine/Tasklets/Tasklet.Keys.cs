using OrleansStream.Engine.KeyAccess;
using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Tasklets;

/// <content>Questions and messages to keys. They are taken as mail, so between two records, and also while the output is blocked.</content>
internal sealed partial class Tasklet : IKeyDesk
{
    private const int MostKeyMails = 4096;

    // Durable answers: those that wait for the next barrier, then those that wait for its checkpoint.
    private readonly List<(KeyMail Mail, KeyReply Reply)> _unsnapshotted = [];
    private readonly Queue<(long CheckpointId, KeyMail Mail, KeyReply Reply)> _uncompleted = new();
    private int _keyMails;
    private volatile bool _isGone;

    /// <summary>Gives a request to the subtask. Any thread.</summary>
    public void Deliver(KeyMail mail)
    {
        if (Interlocked.Increment(ref _keyMails) > MostKeyMails)
        {
            Interlocked.Decrement(ref _keyMails);
            mail.Refuse(KeyStatus.Busy, $"{MostKeyMails} requests wait at the subtask {Id}.");
            return;
        }

        Post(() => Take(mail));
        if (_isGone)
        {
            mail.Refuse(KeyStatus.NotRunning, $"the subtask {Id} of attempt {_setup.Attempt} has ended.");
        }
    }

    void IKeyDesk.Done(KeyMail mail, KeyReply reply)
    {
        reply = reply with { Attempt = _setup.Attempt, CheckpointId = _completedThrough };
        if (mail.Request.IsDurable)
        {
            _unsnapshotted.Add((mail, reply));
        }
        else
        {
            mail.Answer(reply);
        }
    }

    private void Take(KeyMail mail)
    {
        Interlocked.Decrement(ref _keyMails);
        if (_phase != Phase.Running)
        {
            mail.Refuse(KeyStatus.NotRunning, $"the subtask {Id} of attempt {_setup.Attempt} does not run yet, or no more.");
            return;
        }

        Operator? target = Array.Find(_chain!.Operators, op => op.Setup.Uid == mail.Request.Operator);
        if (target is null)
        {
            mail.Refuse(KeyStatus.Refused, $"the subtask {Id} has no operator of that uid.");
            return;
        }

        if (mail.Request.IsDurable && !_setup.TakesCheckpoints)
        {
            mail.Refuse(KeyStatus.Refused, "a durable answer waits for a checkpoint, and checkpointing.interval is off. Set it, or ask for Latest, tell with Applied.");
            return;
        }

        mail.Desk = this;
        target.OnKeyMail(mail);
    }

    private void KeysSnapshotted(long checkpointId)
    {
        foreach ((KeyMail mail, KeyReply reply) in _unsnapshotted)
        {
            _uncompleted.Enqueue((checkpointId, mail, reply));
        }

        _unsnapshotted.Clear();
    }

    private void KeysCompleted(long checkpointId)
    {
        // A later checkpoint contains what an earlier one that was given up would have.
        while (_uncompleted.TryPeek(out (long CheckpointId, KeyMail Mail, KeyReply Reply) first) && first.CheckpointId <= checkpointId)
        {
            _uncompleted.Dequeue();
            first.Mail.Answer(first.Reply with { CheckpointId = checkpointId });
        }
    }

    private void RefuseKeys()
    {
        _isGone = true;
        foreach (KeyMail mail in _unsnapshotted.Select(w => w.Mail).Concat(_uncompleted.Select(w => w.Mail)))
        {
            mail.Answer(new KeyReply(KeyStatus.NotRunning, $"attempt {_setup.Attempt} ended before a checkpoint had completed.") { Attempt = _setup.Attempt });
        }

        _unsnapshotted.Clear();
        _uncompleted.Clear();
    }
}
