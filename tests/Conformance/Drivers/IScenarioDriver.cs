using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the operator of one scenario. Made for one run, used from one thread.</summary>
public interface IScenarioDriver : IDisposable
{
    /// <summary>Does a step: any but a snapshot.</summary>
    /// <param name="step">The step.</param>
    /// <param name="outputs">Takes what leaves the operator, in order.</param>
    void Feed(Step step, List<StepOutput> outputs);

    /// <summary>
    /// Takes a snapshot, closes the operator, restores into a fresh one, and tells it the last watermark and idleness of each input again.
    /// </summary>
    /// <param name="outputs">Takes what leaves the operator, which should be nothing.</param>
    void SnapshotAndRestore(List<StepOutput> outputs);
}
