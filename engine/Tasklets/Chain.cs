using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.InFlight;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.Sources;

namespace OrleansStream.Engine.Tasklets;

/// <summary>The operators of a subtask, first to last, and what comes in and goes out.</summary>
internal sealed class Chain
{
    public required Operator[] Operators { get; init; }

    public required ExchangeWriter[] Exits { get; init; }

    /// <summary>The inputs of the first operator; none if it is a source.</summary>
    public required InputPort[] Ports { get; init; }

    public required InputChannel[] Channels { get; init; }

    /// <summary>What was under way between operators of the chain in the snapshot that the subtask starts from; read one after the other, before anything else.</summary>
    public InFlightReplay[] Replays { get; init; } = [];

    public SourceOperator? Source => Operators[0] as SourceOperator;

    /// <summary>Closes all operators, also when one fails; in the background.</summary>
    public void Close()
    {
        List<Exception> errors = [];
        foreach (Operator op in Operators)
        {
            try
            {
                op.Close();
            }
#pragma warning disable CA1031 // The others are closed all the same.
            catch (Exception e)
#pragma warning restore CA1031
            {
                errors.Add(e);
            }
        }

        if (errors.Count > 0)
        {
            throw errors.Count == 1 ? errors[0] : new AggregateException(errors);
        }
    }
}
