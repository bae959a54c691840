using System.Diagnostics;

namespace OrleansStream;

/// <summary>Waits for what other threads, processes and silos bring about. The only place where a test asks again and again; compiled into each suite that needs it.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>Waits until a condition holds.</summary>
    /// <param name="condition">The condition.</param>
    /// <param name="what">What it stands for, for the message.</param>
    /// <param name="deadline">How long at most; 60 s if it is left out.</param>
    /// <param name="circumstances">More for the message.</param>
    public static Task IsTrueAsync(Func<bool> condition, string what, TimeSpan? deadline = null, Func<string>? circumstances = null) =>
        IsTrueAsync(() => Task.FromResult(condition()), what, deadline, circumstances);

    /// <summary>The same for a condition that takes its time.</summary>
    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what, TimeSpan? deadline = null, Func<string>? circumstances = null)
    {
        long began = Stopwatch.GetTimestamp();
        TimeSpan longest = deadline ?? s_deadline;
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < longest, $"Waited for {what} for {longest}.{(circumstances is null ? "" : "\n" + circumstances())}");
            await Task.Delay(5);
        }
    }
}
