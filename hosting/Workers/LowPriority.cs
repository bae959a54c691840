using System.Runtime.InteropServices;

namespace OrleansStream.Hosting.Workers;

/// <summary>
/// Gives way to the workers: a snapshot that is serialized while records flow must not take a worker's core for whole time slices. .NET's thread priorities do nothing on Linux, so the system is asked
/// itself; a thread may always lower its own.
/// </summary>
internal static partial class LowPriority
{
    // About a third of a worker's weight: still a quarter of a core when the workers take all they can.
    private const int Nice = 5;
    private const int OfThread = 0;

    /// <summary>Lowers the priority of the calling thread, where the system can.</summary>
    public static void Enter()
    {
        if (!OperatingSystem.IsLinux())
        {
            Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
            return;
        }

        try
        {
            // 0 is the calling thread. A system that refuses leaves it as it is.
            _ = SetPriority(OfThread, 0, Nice);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
