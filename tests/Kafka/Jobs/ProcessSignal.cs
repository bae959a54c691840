using System.Runtime.InteropServices;

namespace OrleansStream.Kafka.Jobs;

/// <summary>Sends signals to processes.</summary>
internal static partial class ProcessSignal
{
    public const int Kill = 9;
    public const int Continue = 18;
    public const int Stop = 19;

    /// <summary>Sends one.</summary>
    public static void Send(int process, int signal) => Assert.Equal(0, SendTo(process, signal));

    /// <summary>Sends one to this process; the thread that calls does not go on before it has come.</summary>
    public static void Raise(int signal) => Assert.Equal(0, SendToSelf(signal));

    [LibraryImport("libc", EntryPoint = "raise")]
    private static partial int SendToSelf(int signal);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendTo(int process, int signal);
}
