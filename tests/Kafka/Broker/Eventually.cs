using System.Diagnostics;

namespace OrleansStream.Kafka.Broker;

/// <summary>Waits for a condition, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    public static async Task IsTrueAsync(Func<bool> condition, string what)
    {
        long began = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(began) < s_deadline, $"waited {s_deadline} for {what}");
            await Task.Delay(10);
        }
    }
}
