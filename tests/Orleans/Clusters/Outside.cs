using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Orleans;
using Orleans.Runtime;
using Orleans.Storage;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.Orleans.Tests.Clusters;

/// <summary>What is outside of a cluster and outlives it: the checkpoint store, what was committed, the storage of grains and reminders.</summary>
internal sealed class Outside
{
    public InMemoryCheckpointStore Store { get; } = new();

    public CollectedResults Results { get; } = new();

    public GrainStorage Grains { get; } = new();

    public ReminderTable Reminders { get; } = new();
}

/// <summary>A grain storage that keeps objects, with versions.</summary>
internal sealed class GrainStorage : IGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), (object State, string Version)> _rows = new();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        if (_rows.TryGetValue((stateName, grainId), out (object State, string Version) row))
        {
            (grainState.State, grainState.ETag, grainState.RecordExists) = ((T)row.State, row.Version, true);
        }
        else
        {
            (grainState.State, grainState.RecordExists) = (Activator.CreateInstance<T>(), false);
        }

        return Task.CompletedTask;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        (object, string) row = (grainState.State!, Guid.NewGuid().ToString());
        lock (_rows)
        {
            string? stored = _rows.TryGetValue((stateName, grainId), out (object State, string Version) before) ? before.Version : null;
            if (stored != grainState.ETag)
            {
                throw new InconsistentStateException($"{stateName} of {grainId} was written by another activation.", stored, grainState.ETag);
            }

            _rows[(stateName, grainId)] = row;
        }

        (grainState.ETag, grainState.RecordExists) = (row.Item2, true);
        return Task.CompletedTask;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        _rows.TryRemove((stateName, grainId), out _);
        return Task.CompletedTask;
    }
}

/// <summary>A table of reminders in memory, outside of the cluster.</summary>
internal sealed class ReminderTable : IReminderTable
{
    private readonly ConcurrentDictionary<(GrainId Grain, string Name), ReminderEntry> _rows = new();

    public Task<ReminderTableData> ReadRows(GrainId grainId) => Task.FromResult(new ReminderTableData(_rows.Values.Where(r => r.GrainId == grainId)));

    public Task<ReminderTableData> ReadRows(uint begin, uint end) => Task.FromResult(new ReminderTableData(_rows.Values.Where(r =>
    {
        uint hash = r.GrainId.GetUniformHashCode();
        return begin < end ? hash > begin && hash <= end : hash > begin || hash <= end;
    })));

    public Task<ReminderEntry?> ReadRow(GrainId grainId, string reminderName) => Task.FromResult(_rows.GetValueOrDefault((grainId, reminderName)));

    public Task<string?> UpsertRow(ReminderEntry entry)
    {
        entry.ETag = Guid.NewGuid().ToString();
        _rows[(entry.GrainId, entry.ReminderName)] = entry;
        return Task.FromResult<string?>(entry.ETag);
    }

    public Task<bool> RemoveRow(GrainId grainId, string reminderName, string eTag) => Task.FromResult(_rows.TryRemove((grainId, reminderName), out _));

    public Task TestOnlyClearTable()
    {
        _rows.Clear();
        return Task.CompletedTask;
    }
}
