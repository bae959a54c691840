using System.Runtime.InteropServices;

namespace OrleansStream.Hosting;

/// <summary>Ctrl-C and SIGTERM, the first and the second, and a token that counts as the first.</summary>
internal sealed class StopRequests : IDisposable
{
    private readonly TaskCompletionSource _stop = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancel = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<IDisposable> _registrations = [];

    public StopRequests(bool handlesSignals, CancellationToken token)
    {
        _registrations.Add(token.Register(() => _stop.TrySetResult()));
        if (handlesSignals)
        {
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal));
            _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal));
        }
    }

    /// <summary>Completes with the first request.</summary>
    public Task Stop => _stop.Task;

    /// <summary>Completes with the second signal.</summary>
    public Task Cancel => _cancel.Task;

    public void Dispose()
    {
        foreach (IDisposable registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private void OnSignal(PosixSignalContext context)
    {
        context.Cancel = true;
        if (!_stop.TrySetResult())
        {
            _cancel.TrySetResult();
        }
    }
}
