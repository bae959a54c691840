using OrleansStream.Engine.Sources;

namespace OrleansStream.Engine.Tasklets;

/// <content>Questions about the splits of a source. They are taken as mail, so between two batches, and cost nothing until they are asked.</content>
internal sealed partial class Tasklet
{
    /// <summary>Asks where the splits of the source stand. Any thread.</summary>
    /// <param name="reply">Gets the splits, on the subtask's thread or the caller's; null if the subtask does not run. A second call is to be ignored.</param>
    public void AskSplits(Action<IReadOnlyList<SplitStatus>?> reply)
    {
        Post(() => reply(_phase == Phase.Running ? _chain!.Source?.Splits() ?? [] : null));
        if (_isGone)
        {
            reply(null);
        }
    }
}
