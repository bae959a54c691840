using System.Diagnostics;

namespace OrleansStream.SiloTests;

/// <summary>Waits for what other threads and processes bring about.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    public static Task IsTrueAsync(Func<bool> condition, string what) => IsTrueAsync(() => Task.FromResult(condition()), what);

    public static async Task IsTrueAsync(Func<Task<bool>> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_deadline, $"Waited for {what} for {s_deadline}.");
            await Task.Delay(10);
        }
    }
}
