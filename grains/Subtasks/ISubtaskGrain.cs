using OrleansStream.Engine.Nodes;
using OrleansStream.Engine.Sources;

namespace OrleansStream.Grains;

/// <summary>
/// The address of one subtask of one operator, for questions. The key is <c>job/operator/subtask</c>: the id of the submission, the operator's uid, the number from 0; <see cref="SubtaskKey"/> makes it. Activation starts
/// nothing and deactivation stops nothing: the subtask lives in the task host of the silo that the master has put it on, and there the activation is placed.
/// </summary>
public interface ISubtaskGrain : IGrainWithStringKey
{
    /// <summary>How the subtask stands.</summary>
    /// <param name="attempt">The attempt that the caller means; null for whichever runs.</param>
    /// <exception cref="SubtaskRefusedException">The subtask is not deployed here at this attempt; the refusal names the owner, if there is one.</exception>
    Task<SubtaskReport> GetReportAsync(int? attempt = null);
}

/// <summary>A subtask of a source, with its splits.</summary>
public interface IPartitionReaderGrain : ISubtaskGrain;

/// <summary>A subtask of an operator that is neither source nor sink.</summary>
public interface IOperatorGrain : ISubtaskGrain;

/// <summary>A subtask of a sink, with its transactions.</summary>
public interface ISinkGrain : ISubtaskGrain;

/// <summary>How a subtask stands at one moment.</summary>
[GenerateSerializer]
[Immutable]
public sealed record SubtaskReport
{
    /// <summary>The attempt.</summary>
    [Id(0)]
    public required int Attempt { get; init; }

    /// <summary>The silo that runs it.</summary>
    [Id(1)]
    public required string Silo { get; init; }

    /// <summary>Records taken.</summary>
    [Id(2)]
    public required long RecordsIn { get; init; }

    /// <summary>Records emitted, side outputs left out.</summary>
    [Id(3)]
    public required long RecordsOut { get; init; }

    /// <summary>Late records dropped.</summary>
    [Id(4)]
    public required long LateDropped { get; init; }

    /// <summary>Its watermark; <c>long.MinValue</c> for none yet.</summary>
    [Id(5)]
    public required long Watermark { get; init; }

    /// <summary>Elements that wait in front of its chain.</summary>
    [Id(6)]
    public required int QueuedElements { get; init; }

    /// <summary>Time that its chain worked.</summary>
    [Id(7)]
    public required long BusyNs { get; init; }

    /// <summary>Time that its chain could not go on because its output was full.</summary>
    [Id(8)]
    public required long BlockedNs { get; init; }

    /// <summary>Time that its chain had nothing to do.</summary>
    [Id(9)]
    public required long IdleNs { get; init; }

    /// <summary>Of a source: its splits and where their reading stands; else none.</summary>
    [Id(10)]
    public IReadOnlyList<SplitReport> Splits { get; init; } = [];

    internal static SubtaskReport Of(int attempt, string silo, SubtaskMetrics subtask, int index, IReadOnlyList<SplitReport> splits)
    {
        OperatorCounts counts = index < subtask.Operators.Count ? subtask.Operators[index] : new OperatorCounts(0, 0, 0, 0, long.MinValue);
        return new SubtaskReport
        {
            Attempt = attempt,
            Silo = silo,
            RecordsIn = counts.RecordsIn,
            RecordsOut = counts.RecordsOut,
            LateDropped = counts.LateDropped,
            Watermark = counts.Watermark,
            QueuedElements = subtask.QueuedElements,
            BusyNs = subtask.BusyNs,
            BlockedNs = subtask.BlockedNs,
            IdleNs = subtask.IdleNs,
            Splits = splits,
        };
    }
}

/// <summary>A split of a source subtask. The members are those of <see cref="SplitStatus"/>.</summary>
[GenerateSerializer]
[Immutable]
public sealed record SplitReport([property: Id(0)] string Id, [property: Id(1)] string? Position, [property: Id(2)] long Watermark, [property: Id(3)] bool HasEnded)
{
    internal static SplitReport Of(SplitStatus split) => new(split.Id, split.Position, split.Watermark, split.HasEnded);
}

/// <summary>A message came to a subtask that is not deployed on the silo of the activation at the attempt that it means.</summary>
[GenerateSerializer]
public sealed class SubtaskRefusedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What was asked for, and where it is.</param>
    /// <param name="owner">The silo that runs the subtask; null if none does.</param>
    /// <param name="attempt">The attempt that runs; 0 if none does.</param>
    public SubtaskRefusedException(string message, string? owner, int attempt) : base(message) => (Owner, Attempt) = (owner, attempt);

    /// <summary>The silo that runs the subtask, as its address in text; null if none does.</summary>
    [Id(0)]
    public string? Owner { get; }

    /// <summary>The attempt that runs; 0 if none does.</summary>
    [Id(1)]
    public int Attempt { get; }
}
