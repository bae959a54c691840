using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;

namespace OrleansStream.Grains;

/// <summary>What a silo does by the clock and by its life cycle: follows membership, tells jobs' grains that it has subtasks of them, tells the dispatcher what it runs and what has ended, and has it look for jobs that a lost silo took with it.</summary>
internal sealed partial class SiloDuties(SiloNode node, IGrainFactory grains, IOptions<OrleansStreamSiloOptions> options, ILogger<SiloDuties> logger)
    : ILifecycleParticipant<ISiloLifecycle>
{
    private const int BeatsBeforeRecovery = 3;
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _running = [];

    public void Participate(ISiloLifecycle lifecycle)
    {
        lifecycle.Subscribe(nameof(SiloDuties), ServiceLifecycleStage.RuntimeGrainServices, _ => Task.CompletedTask, StopNodeAsync);
        lifecycle.Subscribe(nameof(SiloDuties), ServiceLifecycleStage.Active, StartAsync, StopAsync);
    }

    private IDispatcherGrain Dispatcher => grains.GetGrain<IDispatcherGrain>(0);

    private Task StartAsync(CancellationToken cancel)
    {
        node.JobEnded += job => _ = UntilItSucceedsAsync($"The end of job '{job.Spec.Name}' could not be told to the dispatcher", () => Dispatcher.EndedAsync(job.Spec, job.End));
        node.Silos.Gone += _ => RecoverSoonAsync().Ignore();
        _running.Add(Task.Run(() => node.Silos.FollowAsync(_stop.Token), CancellationToken.None));
        _running.Add(Task.Run(() => EveryAsync(options.Value.Heartbeat, Beat), CancellationToken.None));
        _running.Add(Task.Run(() => UntilItSucceedsAsync("The dispatcher could not be reached", () => Dispatcher.RecoverAsync()), CancellationToken.None));
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancel)
    {
        await _stop.CancelAsync();
        if (cancel.IsCancellationRequested)
        {
            // As if the process ended here.
            node.Halt();
        }

        await Task.WhenAll(_running).WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A job that was on the lost silo as a whole has nobody who would miss its master. Who has subtasks of a job does so with the next heartbeat, and each master tells the dispatcher where it is: that first.
    private async Task RecoverSoonAsync()
    {
        await Task.Delay(BeatsBeforeRecovery * options.Value.Heartbeat, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await UntilItSucceedsAsync("The dispatcher could not be reached", () => Dispatcher.RecoverAsync());
    }

    private Task StopNodeAsync(CancellationToken cancel) => Task.Run(node.Halt, CancellationToken.None);

    private async Task EveryAsync(TimeSpan period, Action action)
    {
        using PeriodicTimer timer = new(period);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                try
                {
                    action();
                }
#pragma warning disable CA1031 // One that fails must not be the last: nobody would miss a master that is gone.
                catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
                {
                    LogAgain(logger, "A heartbeat of this silo failed", e.Message);
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private void Beat()
    {
        node.LookForBroken();
        foreach (JobSighting job in node.TakeSightings())
        {
            _ = BeatAsync(job);
        }

        foreach (RunningMaster running in node.Masters)
        {
            // Again and again, since the dispatcher may have lost what it was told.
            Dispatcher.MasterAtAsync(running.Spec, node.Name).Ignore();
        }
    }

    private async Task BeatAsync(JobSighting job)
    {
        try
        {
            node.NoteAnswer(job, await grains.GetGrain<IJobGrain>(job.Spec.Id).HeartbeatAsync(job.Spec, job.Master));
        }
        catch (Exception e) when (e is OrleansException or TimeoutException or OptionsException)
        {
            LogNoAnswer(logger, job.Spec.Name, e.Message);
        }
    }

    private async Task UntilItSucceedsAsync(string what, Func<Task> call)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await call().WaitAsync(_stop.Token);
                return;
            }
#pragma warning disable CA1031 // It is tried again until the silo stops.
            catch (Exception e) when (!_stop.IsCancellationRequested)
#pragma warning restore CA1031
            {
                LogAgain(logger, what, e.Message);
                await Task.Delay(s_retry, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The grain of job '{Job}' did not answer a heartbeat: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string job, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}, and it is tried again: {Reason}")]
    private static partial void LogAgain(ILogger logger, string what, string reason);
}
