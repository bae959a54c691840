using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Placement;
using Orleans.Runtime;

namespace OrleansStream.Grains;

/// <summary>The list of the dispatcher in its storage.</summary>
[GenerateSerializer]
internal sealed class DispatcherState
{
    [Id(0)]
    public Dictionary<string, JobRecord> Jobs { get; set; } = [];
}

/// <inheritdoc cref="IDispatcherGrain"/>
[Immovable]
internal sealed partial class DispatcherGrain(
    [PersistentState("jobs", OrleansStreamSiloOptions.StorageName)] IPersistentState<DispatcherState> state, IOptions<OrleansStreamSiloOptions> options, ILogger<DispatcherGrain> logger)
    : Grain, IDispatcherGrain, IRemindable
{
    private const string Reminder = "recover";
    private const int EndedKept = 100;
    private readonly Dictionary<string, string> _masters = new(StringComparer.Ordinal);

    public override async Task OnActivateAsync(CancellationToken cancellationToken) =>
        await this.RegisterOrUpdateReminder(Reminder, options.Value.RecoveryPeriod, options.Value.RecoveryPeriod);

    public async Task<JobRecord> SubmitAsync(JobSpec spec)
    {
        if (state.State.Jobs.TryGetValue(spec.Id, out JobRecord? known))
        {
            return known.Spec.Name == spec.Name && known.Spec.Job == spec.Job && known.Spec.Package == spec.Package
                ? known
                : throw new JobRefusedException(JobRefusal.Conflict, $"The submission '{spec.Id}' is job '{known.Spec.Name}' already. Choose another id.");
        }

        if (state.State.Jobs.Values.FirstOrDefault(j => j.Spec.Name == spec.Name && j.End is null) is { } running)
        {
            throw new JobRefusedException(JobRefusal.Conflict, $"Job '{spec.Name}' runs already, as '{running.Spec.Id}'. Cancel or stop it first, or give this one another job.name.");
        }

        JobRecord record = new() { Spec = spec };
        await SaveAsync(record);
        try
        {
            await GrainFactory.GetGrain<IJobGrain>(spec.Id).StartAsync(spec);
        }
        catch (OptionsException)
        {
            // No silo can run it, so it is not known.
            state.State.Jobs.Remove(spec.Id);
            await state.WriteStateAsync();
            throw;
        }
        catch (Exception e) when (e is OrleansException or TimeoutException)
        {
            // It is known, and will be started: by the next look.
            LogNotStarted(logger, spec.Name, e.Message);
        }

        return record;
    }

    public Task<IReadOnlyList<JobRecord>> ListAsync() =>
        Task.FromResult<IReadOnlyList<JobRecord>>([.. state.State.Jobs.Values.OrderByDescending(j => j.Spec.SubmittedAt).ThenBy(j => j.Spec.Id, StringComparer.Ordinal)]);

    public Task<JobRecord?> FindAsync(string id) => Task.FromResult(state.State.Jobs.GetValueOrDefault(id));

    public async Task EndedAsync(JobSpec spec, JobEnd end)
    {
        _masters.Remove(spec.Id);
        if (state.State.Jobs.GetValueOrDefault(spec.Id)?.End is null)
        {
            await SaveAsync(new JobRecord { Spec = spec, End = end });
        }
    }

    public Task MasterAtAsync(JobSpec spec, string silo)
    {
        _masters[spec.Id] = silo;
        return state.State.Jobs.ContainsKey(spec.Id) ? Task.CompletedTask : SaveAsync(new JobRecord { Spec = spec });
    }

    public Task<string?> FindMasterAsync(string id) => Task.FromResult(_masters.GetValueOrDefault(id));

    public Task RecoverAsync()
    {
        foreach (JobRecord job in state.State.Jobs.Values.Where(j => j.End is null).ToArray())
        {
            _ = StartAsync(job.Spec);
        }

        return Task.CompletedTask;
    }

    public Task ReceiveReminder(string reminderName, TickStatus status) => RecoverAsync();

    private async Task StartAsync(JobSpec spec)
    {
        try
        {
            await GrainFactory.GetGrain<IJobGrain>(spec.Id).StartAsync(spec);
        }
#pragma warning disable CA1031 // The next look tries again.
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogNotStarted(logger, spec.Name, e.Message);
        }
    }

    // One write at a time; a job is on its way only when it is in the list.
    private async Task SaveAsync(JobRecord record)
    {
        state.State.Jobs[record.Spec.Id] = record;
        foreach (JobRecord old in state.State.Jobs.Values.Where(j => j.End is not null).OrderByDescending(j => j.End!.At).Skip(EndedKept).ToArray())
        {
            state.State.Jobs.Remove(old.Spec.Id);
        }

        await state.WriteStateAsync();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Job '{Job}' could not be started now, and is tried again: {Reason}")]
    private static partial void LogNotStarted(ILogger logger, string job, string reason);
}
