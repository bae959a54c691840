using System.ComponentModel;
using System.Runtime.InteropServices;

namespace OrleansStream.Hosting.Checkpointing;

/// <summary>The three calls that .NET does not offer: link(2), and fsync(2) of a directory.</summary>
internal static partial class UnixFiles
{
    private const int FileExists = 17; // EEXIST, the same number on Linux, macOS and the BSDs

    /// <summary>Gives a file a second name unless that name is taken: atomic, never replaces.</summary>
    /// <returns>Whether the name was free.</returns>
    /// <exception cref="IOException">Whatever else went wrong; its HResult is the errno.</exception>
    public static bool Link(string existing, string name)
    {
        if (LinkCall(existing, name) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == FileExists ? false : throw Failure("link", error);
    }

    /// <summary>Makes the names in a directory durable.</summary>
    public static void SyncDirectory(string directory)
    {
        var descriptor = OpenCall(directory, OperatingSystem.IsLinux() ? 0x80000 : 0); // O_RDONLY, on Linux with O_CLOEXEC
        if (descriptor < 0)
        {
            throw Failure("open", Marshal.GetLastPInvokeError());
        }

        var result = SyncCall(descriptor);
        var error = Marshal.GetLastPInvokeError();
        _ = CloseCall(descriptor);
        const int invalid = 22; // EINVAL: a file system whose directories need no fsync
        if (result != 0 && error != invalid)
        {
            throw Failure("fsync", error);
        }
    }

    private static IOException Failure(string call, int error) => new($"{call}: {new Win32Exception(error).Message}", error);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int LinkCall(string existing, string name);

    // open(2) is variadic; without a mode argument the two fixed ones are passed as in a plain call.
    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenCall(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int SyncCall(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int CloseCall(int descriptor);
}
