using Microsoft.Extensions.Logging;
using OrleansStream.Hosting.Workers;

namespace OrleansStream.Engine.Tests.Hosting;

public sealed class IsolateSlowTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    [Fact]
    public void A_subtask_that_holds_its_worker_gets_a_thread_of_its_own_and_the_others_go_on()
    {
        using ManualResetEventSlim warned = new();
        using ManualResetEventSlim otherRan = new();
        using WorkerHost host = new(1, NoServices.Instance, new Warnings(warned));
        Other other = new(host, otherRan);
        Slow slow = new(host, warned, other, otherRan);
        host.Start(slow, 0);
        host.Start(other, 0);

        Assert.True(slow.Ended.Wait(s_deadline), "the slow one never got its second turn, or the other could not run beside it");
        Assert.True(slow.OtherRanBeside);
        Assert.Equal("ostream slow", slow.Thread);
    }

    /// <summary>Blocks in its first turn until the host complains, in its second until the other has run.</summary>
    private sealed class Slow : Runnable
    {
        private readonly ManualResetEventSlim _warned;
        private readonly Other _other;
        private readonly ManualResetEventSlim _otherRan;
        private bool _isSecond;

        public Slow(IEngineHost host, ManualResetEventSlim warned, Other other, ManualResetEventSlim otherRan) : base(host, "slow")
        {
            _warned = warned;
            _other = other;
            _otherRan = otherRan;
            MayHaveOwnThread = true;
        }

        public ManualResetEventSlim Ended { get; } = new();

        public bool OtherRanBeside { get; private set; }

        public string? Thread { get; private set; }

        public override Progress Run()
        {
            if (!_isSecond)
            {
                _isSecond = true;
                _warned.Wait(s_deadline);
                return Progress.Made;
            }

            Thread = System.Threading.Thread.CurrentThread.Name;
            _other.MayEnd = true;
            Host.Wake(_other);
            OtherRanBeside = _otherRan.Wait(s_deadline);
            Ended.Set();
            return Progress.Done;
        }
    }

    private sealed class Other(IEngineHost host, ManualResetEventSlim ran) : Runnable(host, "other")
    {
        private volatile bool _mayEnd;

        public bool MayEnd
        {
            set => _mayEnd = value;
        }

        public override Progress Run()
        {
            if (!_mayEnd)
            {
                return Progress.Idle;
            }

            ran.Set();
            return Progress.Done;
        }
    }

    private sealed class Warnings(ManualResetEventSlim warned) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Warning && formatter(state, exception).StartsWith("slow has held a worker for ", StringComparison.Ordinal))
            {
                warned.Set();
            }
        }
    }

    private sealed class NoServices : IServiceProvider
    {
        public static NoServices Instance { get; } = new();

        public object? GetService(Type serviceType) => null;
    }
}
