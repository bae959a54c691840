using System.Diagnostics;

namespace OrleansStream.Engine.Tests.Hosting;

/// <summary>Waits for what other threads bring about.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>A short time between two looks.</summary>
    public static Task PauseAsync() => Task.Delay(5);

    public static async Task IsTrueAsync(Func<bool> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_deadline, $"Waited for {what} for {s_deadline}.");
            await PauseAsync();
        }
    }
}
