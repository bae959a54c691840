using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Connectors.Kafka.Native;

/// <summary>Rings when a queue of the client, which was empty, gets something. Called on the client's threads, so what it calls must be short.</summary>
internal sealed unsafe class Bell : IDisposable
{
    private readonly Action _ring;
    private GCHandle _self;

    public Bell(Action ring)
    {
        _ring = ring;
        _self = GCHandle.Alloc(this);
    }

    public void Attach(nint queue) => Rd.QueueEnableCallback(queue, &OnFilled, GCHandle.ToIntPtr(_self));

    public static void Detach(nint queue) => Rd.QueueEnableCallback(queue, null, 0);

    /// <summary>Frees it; all queues are detached.</summary>
    public void Dispose() => _self.Free();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnFilled(nint client, nint opaque) => ((Bell)GCHandle.FromIntPtr(opaque).Target!)._ring();
}
