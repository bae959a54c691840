namespace OrleansStream.TestKit;

/// <summary>Waits of user code that is tested: in virtual time under the seeded driver and the operator harness, in real time elsewhere.</summary>
public static class TestTime
{
    /// <summary>The time of the host that a function was opened by.</summary>
    /// <param name="services">The services of its <see cref="OpenContext"/>.</param>
    public static TimeProvider Of(IServiceProvider services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.GetService(typeof(TimeProvider)) as TimeProvider ?? TimeProvider.System;
    }

    /// <summary>Waits. In virtual time the code behind it runs on the driver's thread, also when the wait is cancelled.</summary>
    /// <param name="time">Whose time.</param>
    /// <param name="ms">For how many milliseconds.</param>
    /// <param name="cancel">Ends the wait.</param>
    public static Task WaitAsync(this TimeProvider time, long ms, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(time);
        return time is VirtualTime ? VirtualAsync(time, ms, cancel) : Task.Delay(TimeSpan.FromMilliseconds(ms), time, cancel);
    }

    // Task.Delay would go on in the pool when it is cancelled.
    private static async Task VirtualAsync(TimeProvider time, long ms, CancellationToken cancel)
    {
        TaskCompletionSource wait = new();
        await using ITimer timer = time.CreateTimer(_ => wait.TrySetResult(), null, TimeSpan.FromMilliseconds(ms), Timeout.InfiniteTimeSpan);
        await using CancellationTokenRegistration registration = cancel.UnsafeRegister(_ => wait.TrySetCanceled(cancel), null);
        await wait.Task;
    }
}
