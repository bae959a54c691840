using OrleansStream.Engine.Operators;

namespace OrleansStream.TestKit;

/// <summary>One subtask of the operator, driven in the order of a tasklet: outputs, controls, clock, records.</summary>
internal sealed class HarnessSubtask(int index, Operator op, HarnessPort[] ports, HarnessSink[] sinks)
{
    public int Index { get; } = index;

    public Operator Operator { get; } = op;

    public HarnessPort[] Ports { get; } = ports;

    public HarnessSink[] Sinks { get; } = sinks;

    /// <summary>Does all there is to do.</summary>
    /// <returns>False if the operator's output refused something: call again.</returns>
    public bool Run(long nowMs)
    {
        while (true)
        {
            if (!Operator.Advance())
            {
                return false;
            }

            foreach (HarnessPort port in Ports)
            {
                if (!port.SendControls())
                {
                    return false;
                }
            }

            if (Ports.Count(port => port.Resume()) > 0)
            {
                continue;
            }

            if (nowMs >= Operator.NextClockMs && !Operator.OnClock(nowMs))
            {
                return false;
            }

            HarnessPort? reading = Array.Find(Ports, p => p.HasBatch);
            if (reading is null)
            {
                return Operator.Advance();
            }

            reading.SendBatch();
        }
    }
}
