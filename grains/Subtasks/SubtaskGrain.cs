using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Grains;

/// <summary>The common part of the fronts of subtasks. Thin: it looks whether the subtask is here, and asks the task host.</summary>
internal abstract class SubtaskGrain(SiloNode node) : Grain
{
    private const string SourceKind = "source";

    public async Task<SubtaskReport> GetReportAsync(int? attempt)
    {
        string text = this.GetPrimaryKeyString();
        SubtaskKey key = SubtaskKey.TryParse(text)
            ?? throw new SubtaskRefusedException($"'{text}' names no subtask. A key is job/operator/subtask: the id of the submission, the operator's uid, the number from 0.", null, 0);
        SubtaskPlaces? places;
        try
        {
            places = await GrainFactory.GetGrain<IJobGrain>(key.Job).GetPlacesAsync();
        }
        catch (JobRefusedException e)
        {
            throw Refuse(e.Message, null, 0);
        }

        SubtaskPlace? place = places?.Subtasks.FirstOrDefault(p => p.Uid == key.Uid && p.Subtask == key.Subtask);
        if (places is null || place is null)
        {
            string known = places is null ? "It is not deployed yet." : $"Its operators: {string.Join(", ", places.Subtasks.Select(p => p.Uid).Distinct())}.";
            throw Refuse($"Job '{key.Job}' has no subtask {key.Subtask} of an operator '{key.Uid}'. {known}", null, places?.Attempt ?? 0);
        }

        if (place.Silo != node.Name || (attempt is { } meant && meant != places.Attempt))
        {
            throw Refuse(
                $"Subtask {key.Subtask} of operator '{key.Uid}' of job '{key.Job}' runs on silo {place.Silo} at attempt {places.Attempt}, not on {node.Name}{(attempt is null ? "" : $" at attempt {attempt}")}.",
                place.Silo, places.Attempt);
        }

        IReadOnlyList<SplitReport> splits = place.Kind == SourceKind ? await node.FindSplitsAsync(key.Job, places.Attempt, place.Vertex, key.Subtask) : [];
        return node.FindSubtask(key.Job, places.Attempt, place.Vertex, key.Subtask) is { } subtask
            ? SubtaskReport.Of(places.Attempt, node.Name, subtask, place.Index, splits)
            : throw Refuse($"Subtask {key.Subtask} of operator '{key.Uid}' of job '{key.Job}' does not run on silo {node.Name} yet, or not any more, at attempt {places.Attempt}.", place.Silo, places.Attempt);
    }

    // A front of nothing goes, one on the wrong silo moves to where the slot table says, one on the right silo stays.
    private SubtaskRefusedException Refuse(string message, string? owner, int attempt)
    {
        if (owner is null)
        {
            DeactivateOnIdle();
        }
        else if (owner != node.Name)
        {
            // Deactivation alone would not do: a silo that has the old place in its cache makes it there again.
            MigrateOnIdle();
        }

        return new SubtaskRefusedException(message, owner, attempt);
    }
}

/// <inheritdoc cref="IPartitionReaderGrain"/>
[Immovable]
[Reentrant]
[SubtaskPlacement]
internal sealed class PartitionReaderGrain(SiloNode node) : SubtaskGrain(node), IPartitionReaderGrain;

/// <inheritdoc cref="IOperatorGrain"/>
[Immovable]
[Reentrant]
[SubtaskPlacement]
internal sealed class OperatorGrain(SiloNode node) : SubtaskGrain(node), IOperatorGrain;

/// <inheritdoc cref="ISinkGrain"/>
[Immovable]
[Reentrant]
[SubtaskPlacement]
internal sealed class SinkGrain(SiloNode node) : SubtaskGrain(node), ISinkGrain;
