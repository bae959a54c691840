using OrleansStream.Hosting.Workers;

namespace OrleansStream.Engine.Tests.Tasklets;

public sealed class BackgroundThreadsTests
{
    /// <summary>With one idle thread both pieces would otherwise be given to it, and the first waits for the second.</summary>
    [Fact]
    public void Work_does_not_wait_behind_other_work_that_blocks()
    {
        for (int i = 0; i < 40; i++)
        {
            BackgroundThreads threads = new(8, e => throw e);
            using ManualResetEventSlim warm = new();
            threads.Submit(warm.Set);
            warm.Wait();
            // The one thread is about to be idle; when exactly makes the rounds differ.
            Thread.SpinWait(2000 * i);
            using ManualResetEventSlim second = new();
            using CountdownEvent done = new(2);
            threads.Submit(() =>
            {
                second.Wait();
                done.Signal();
            });
            threads.Submit(() =>
            {
                second.Set();
                done.Signal();
            });
            Assert.True(done.Wait(TimeSpan.FromSeconds(30)), "The second piece of work never ran.");
        }
    }
}
