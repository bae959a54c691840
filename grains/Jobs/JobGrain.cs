using System.Text.Json;
using Orleans.Concurrency;
using Orleans.Placement;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Jobs;
using OrleansStream.Service;

namespace OrleansStream.Grains;

/// <inheritdoc cref="IJobGrain"/>
[Immovable]
[Reentrant]
[JobPlacement]
internal sealed class JobGrain(SiloNode node) : Grain, IJobGrain
{
    private string Id => this.GetPrimaryKeyString();

    private IDispatcherGrain Dispatcher => GrainFactory.GetGrain<IDispatcherGrain>(0);

    public Task StartAsync(JobSpec spec) => EnsureMasterAsync(spec);

    public async Task<JobHeartbeatAnswer> HeartbeatAsync(JobSpec spec, string master)
    {
        if (node.FindMaster(Id) is not null)
        {
            return JobHeartbeatAnswer.MasterRuns;
        }

        if (node.FindEnded(Id) is not null)
        {
            return JobHeartbeatAnswer.Ended;
        }

        if (IsElsewhere(master))
        {
            MoveTo(master);
            return JobHeartbeatAnswer.Unknown;
        }

        await node.EnsureMasterAsync(spec, mayBegin: false);
        return JobHeartbeatAnswer.MasterRuns;
    }

    public async Task<JobReport> GetReportAsync()
    {
        if (node.FindMaster(Id) is { } running)
        {
            return Report(running);
        }

        if (node.FindEnded(Id) is { } ended)
        {
            return Report(ended.Spec, ended.End, ended.Operators);
        }

        JobRecord record = await FindRecordAsync();
        return record.End is { } end ? Report(record.Spec, end, []) : Report(await EnsureMasterAsync(record.Spec));
    }

    public async Task<SubtaskPlaces?> GetPlacesAsync()
    {
        RunningMaster running = await FindMasterAsync();
        return running.Master.Places is not { } places
            ? null
            : new SubtaskPlaces(places.Attempt, [
                .. from op in places.Operators
                   from place in places.Nodes
                   where place.Key.Vertex == op.Value.Vertex
                   orderby op.Key, place.Key.Index
                   select new SubtaskPlace(op.Key, op.Value.Kind, place.Key.Index, place.Value, op.Value.Vertex, op.Value.Index),
            ]);
    }

    public async Task<KeyPlace?> FindKeyAsync(string uid, ulong keyHash)
    {
        RunningMaster running = await FindMasterAsync();
        return running.Master.Places is not { } places ? null
            : places.NodeOf(uid, keyHash) is { } silo ? new KeyPlace(places.Attempt, silo, [])
            : new KeyPlace(places.Attempt, null, [.. places.Operators.Keys]);
    }

    public async Task<KeyCallReading> ReadKeyCallAsync(string call)
    {
        RunningMaster running = await FindMasterAsync();
        try
        {
            // Off this scheduler: the first time it calls the job's Define.
            return new KeyCallReading(await Task.Run(() => running.Keys.Read(JsonSerializer.Deserialize(call, ServiceJson.Default.KeyCall)!)), null);
        }
        catch (KeyAccessException e)
        {
            return new KeyCallReading(null, e.Message);
        }
    }

    public async Task CancelAsync() => (await FindMasterAsync()).Master.Cancel();

    public Task<string> CheckpointAsync() => AskAsync((master, done) => master.Checkpoint(done));

    public async Task<string> SavepointAsync(string folder, bool stop, bool drain, string? request)
    {
        Task<string> Take() => AskAsync((master, done) => master.Savepoint(folder, stop, drain, done));
        return request is null ? await Take()
            : await (node.FindEnded(Id)?.Savepoints.GetValueOrDefault(request) ?? (await FindMasterAsync()).Savepoint(request, Take));
    }

    public Task<JobHistoryReport> GetHistoryAsync()
    {
        JobHistory history = node.FindMaster(Id)?.History ?? node.FindEnded(Id)?.History ?? new JobHistory();
        return Task.FromResult(new JobHistoryReport(
            JsonSerializer.Serialize(history.Checkpoints, ServiceJson.Default.IReadOnlyListCheckpointInfo), JsonSerializer.Serialize(history.Failures, ServiceJson.Default.IReadOnlyListFailureInfo)));
    }

    public Task<string> StopAsync(bool drain) => AskAsync((master, done) => master.Stop(drain, done));

    private JobReport Report(RunningMaster running)
    {
        JobStatus status = running.Master.Status;
        return new JobReport
        {
            Spec = running.Spec,
            State = status.State,
            Attempt = status.Attempt,
            Silo = node.Name,
            LastCheckpoint = status.LastCheckpoint,
            Error = EarlierFailureException.Describe(status.Error),
            Operators = [.. status.Operators.Select(OperatorReport.Of)],
        };
    }

    private static JobReport Report(JobSpec spec, JobEnd end, IReadOnlyList<OperatorReport> operators) =>
        new() { Spec = spec, State = end.State, Attempt = end.Attempt, LastCheckpoint = end.LastCheckpoint, Error = end.Error, End = end, Operators = operators };

    private async Task<RunningMaster> FindMasterAsync()
    {
        if (node.FindMaster(Id) is { } running)
        {
            return running;
        }

        if (node.FindEnded(Id) is { } ended)
        {
            throw HasEnded(ended.Spec, ended.End);
        }

        JobRecord record = await FindRecordAsync();
        return record.End is { } end
            ? throw HasEnded(record.Spec, end)
            : await EnsureMasterAsync(record.Spec);
    }

    private async Task<RunningMaster> EnsureMasterAsync(JobSpec spec)
    {
        if (node.FindMaster(Id) is null && await Dispatcher.FindMasterAsync(Id) is { } silo && IsElsewhere(silo))
        {
            MoveTo(silo);
            throw new OrleansException($"The grain of job '{spec.Name}' ({Id}) was on silo {node.Name}, and moves to silo {silo}, which runs the job's master. Call it again.");
        }

        return await node.EnsureMasterAsync(spec, mayBegin: true);
    }

    // The directory has put this activation on the wrong silo: the master lives, and a second one would take the job from it.
    private bool IsElsewhere(string master) => master != node.Name && node.Silos.IsActive(master) && !node.Silos.IsBroken(master);

    private void MoveTo(string silo)
    {
        RequestContext.Set(IPlacementDirector.PlacementHintKey, SiloAddress.FromParsableString(silo));
        MigrateOnIdle();
    }

    private static JobRefusedException HasEnded(JobSpec spec, JobEnd end) => new(JobRefusal.Ended, $"Job '{spec.Name}' ({spec.Id}) has ended: {end.State}.");

    private async Task<JobRecord> FindRecordAsync() =>
        await Dispatcher.FindAsync(Id) ?? throw new JobRefusedException(JobRefusal.NotFound, $"There is no job '{Id}'. The list of jobs has the ids.");

    private async Task<string> AskAsync(Action<JobMaster, Action<string?, Exception?>> ask)
    {
        RunningMaster running = await FindMasterAsync();
        TaskCompletionSource<string> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        ask(running.Master, (path, error) =>
        {
            if (error is null)
            {
                answer.TrySetResult(path!);
            }
            else
            {
                answer.TrySetException(error);
            }
        });
        try
        {
            return await answer.Task;
        }
        catch (StreamException e)
        {
            throw new JobRefusedException(JobRefusal.SavepointFailed, $"Job '{running.Spec.Name}' ({Id}): {e.Message}");
        }
    }
}
