using OrleansStream.Engine.Jobs;

namespace OrleansStream.Client;

/// <summary>An operator between two looks at it.</summary>
/// <param name="Now">Its counts now.</param>
/// <param name="InPerSecond">Records taken a second since the last look.</param>
/// <param name="OutPerSecond">Records emitted a second since the last look.</param>
/// <param name="Busy">The share of the time in which its chain's subtasks worked, from 0 to 1.</param>
/// <param name="Backpressure">The share in which they could not go on because their output was full.</param>
public sealed record OperatorProgress(OperatorStatus Now, double InPerSecond, double OutPerSecond, double Busy, double Backpressure);
