using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Tasklets;

/// <summary>The part of a subtask that opens it, reports how far it has come, and ends it.</summary>
internal sealed partial class Tasklet
{
    /// <summary>Builds, opens and restores the chain in the background; then the subtask runs. Called once.</summary>
    public void Begin(Func<Tasklet, Chain> build) => InBackground(
        () =>
        {
            Chain chain = build(this);
            try
            {
                foreach (Operator op in chain.Operators)
                {
                    op.OpenInBackground();
                }

                foreach (Operator op in chain.Operators)
                {
                    op.Open();
                }
            }
            catch
            {
                chain.Close();
                throw;
            }

            return chain;
        },
        Opened);

    /// <summary>Ends the subtask; <see cref="SubtaskStopped"/> follows. Any thread.</summary>
    public void Cancel() => Post(() => _isStopping = true);

    private void Opened(Chain? chain, Exception? error)
    {
        if (error is not null)
        {
            _phase = Phase.Closed;
            _isGone = true;
            Report(new SubtaskFailed(_setup.Job, _setup.Attempt, Id, SubtaskFailure.Of(error)));
            Report(new SubtaskStopped(_setup.Job, _setup.Attempt, Id));
            return;
        }

        _chain = chain!;
        _alignment = new BarrierAlignment(chain!.Channels, _setup.AlignBarriers);
        Metrics = [.. chain.Operators.Select(o => o.Metrics)];
        _callers = [.. chain.Operators.Where(o => o.MakesCalls)];
        _phase = Phase.Running;
        foreach (ExchangeWriter exit in chain.Exits)
        {
            exit.Connect(this);
        }

        foreach (InputChannel channel in chain.Channels)
        {
            channel.Channel.OnAnnounced = () => NoteAnnouncement(channel);
            channel.Channel.Connect(null, this);
        }

        _replaying = chain.Ports.Any(p => p.Replay is not null);

        Report(new SubtaskRunning(_setup.Job, _setup.Attempt, Id));
    }

    private void ReportEnds(Chain chain)
    {
        if (!_reportedEnd && (chain.Source?.HasEnded ?? chain.Ports.All(p => p.HasEnded && p.Controls.IsEmpty)) && chain.Source?.Advance() != false)
        {
            _reportedEnd = true;
            Report(new SubtaskInputEnded(_setup.Job, _setup.Attempt, Id));
        }

        if (_committedReported < _completedThrough)
        {
            foreach (Operator op in chain.Operators)
            {
                if (!op.HasCommitted(_completedThrough))
                {
                    return;
                }
            }

            _committedReported = _completedThrough;
            Report(new SubtaskCommitted(_setup.Job, _setup.Attempt, Id, _completedThrough));
        }
    }

    private void Fail(Exception error)
    {
        if (_failure is not null || _phase is Phase.Closing or Phase.Closed)
        {
            return;
        }

        _failure = error;
        Report(new SubtaskFailed(_setup.Job, _setup.Attempt, Id, SubtaskFailure.Of(error)));
        BeginClosing();
    }

    private void BeginClosing()
    {
        _phase = Phase.Closing;
        RefuseKeys();
        NextWakeMs = long.MaxValue;
        _toWrite.Clear();
        foreach (Operator op in _chain!.Operators)
        {
            op.BeginClosing();
        }

        CloseIfIdle();
    }

    // The background may still be reading the state of a snapshot, or committing; what it uses is freed only then, and no other attempt starts before.
    private void CloseIfIdle()
    {
        if (_phase != Phase.Closing || _isClosing || _isWriting || _chain!.Operators.Any(o => o.IsBusy))
        {
            return;
        }

        _isClosing = true;
        Chain chain = _chain;
        InBackground(
            () =>
            {
                chain.Close();
                return true;
            },
            (_, error) =>
            {
                if (error is not null)
                {
                    Host.Log(EngineLogLevel.Warning, $"{Name}: closing failed: {error.Message}", error);
                }

                _phase = Phase.Closed;
                Report(new SubtaskStopped(_setup.Job, _setup.Attempt, Id));
            });
    }
}
