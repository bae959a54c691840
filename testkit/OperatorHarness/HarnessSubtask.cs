using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>One subtask of the operator, driven in the order of a tasklet: outputs, controls, clock, records.</summary>
internal sealed class HarnessSubtask(int index, Operator op, HarnessMailbox mailbox, HarnessPort[] ports, HarnessSink[] sinks)
{
    public int Index { get; } = index;

    public Operator Operator { get; } = op;

    public HarnessPort[] Ports { get; } = ports;

    public HarnessSink[] Sinks { get; } = sinks;

    public bool HasMail => mailbox.HasMail;

    // For calls, whose end the test brings about, and not for room.
    private bool WaitsForCalls => Operator.AwaitsCalls && !Operator.Links.Any(link => link.Pending > 0);

    /// <summary>Does all there is to do.</summary>
    /// <returns>False if the operator's output refused something: call again.</returns>
    public bool Run(long nowMs)
    {
        while (true)
        {
            TakeMail(nowMs);
            if (!Operator.Advance())
            {
                return false;
            }

            if (mailbox.HasMail)
            {
                continue;
            }

            if (!Array.TrueForAll(Ports, port => port.SendControls()))
            {
                if (mailbox.HasMail)
                {
                    continue;
                }

                return WaitsForCalls;
            }

            if (Ports.Count(port => port.Resume()) > 0)
            {
                continue;
            }

            if (nowMs >= Operator.NextClockMs && !Operator.OnClock(nowMs))
            {
                if (mailbox.HasMail)
                {
                    continue;
                }

                return WaitsForCalls;
            }

            HarnessPort? reading = Array.Find(Ports, p => p.HasBatchNext);
            if (reading is null)
            {
                if (!Operator.Advance())
                {
                    return false;
                }

                if (!mailbox.HasMail)
                {
                    return true;
                }

                continue;
            }

            if (!reading.SendBatch() && !mailbox.HasMail && Operator.AwaitsCalls)
            {
                return Operator.Advance();
            }
        }
    }

    /// <summary>What has come to the operator, and the deadlines of its calls.</summary>
    public void TakeMail(long nowMs)
    {
        mailbox.Run();
        if (nowMs >= Operator.NextDeadlineMs)
        {
            Operator.OnDeadline(nowMs);
        }
    }
}
