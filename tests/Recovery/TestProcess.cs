using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace OrleansStream.Recovery;

/// <summary>A program of ours as a process of its own, which can be killed.</summary>
internal sealed partial class TestProcess : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _errors = new();

    private TestProcess(Process process, string arguments)
    {
        _process = process;
        Arguments = arguments;
        process.OutputDataReceived += (_, line) => Append(_output, line.Data);
        process.ErrorDataReceived += (_, line) => Append(_errors, line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Arguments { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public string Output => Text(_output);

    public string Errors => Text(_errors);

    public static TestProcess Start(string program, string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        return StartProgram("dotnet", folder, [Path.Combine(AppContext.BaseDirectory, program), .. arguments], environment);
    }

    /// <summary>Starts any program.</summary>
    public static TestProcess StartProgram(string program, string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string name in start.Environment.Keys.Where(k => k.StartsWith("OSTREAM_", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new TestProcess(new Process { StartInfo = start }, string.Join(' ', arguments));
    }

    /// <summary>Kills the process with SIGKILL, unless it ends by itself before.</summary>
    /// <returns>Whether it was killed.</returns>
    public async Task<bool> KillAfterAsync(TimeSpan time)
    {
        using CancellationTokenSource timeout = new(time);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
            await WaitForExitAsync();
            return _process.ExitCode == 128 + 9;
        }
    }

    public void Interrupt() => Signal(2);

    public void Terminate() => Signal(15);

    /// <summary>Stops the process where it is, until <see cref="Continue"/>.</summary>
    public void Hold() => Signal(19);

    public void Continue() => Signal(18);

    public async Task<int> WaitForExitAsync()
    {
        using CancellationTokenSource timeout = new(s_deadline);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
            return _process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"'{Arguments}' had not ended after {s_deadline}. Its errors:\n{Errors}");
        }
    }

    /// <summary>Waits for a condition while the process runs.</summary>
    public async Task WaitUntilAsync(Func<bool> condition, string what)
    {
        bool holds = false;
        await Eventually.IsTrueAsync(
            () =>
            {
                bool isLast = _process.HasExited;
                holds = condition();
                return holds || isLast;
            },
            what, s_deadline, () => $"'{Arguments}' went on without it. Its errors:\n{Errors}");
        if (!holds)
        {
            throw new TimeoutException($"Waited for {what}, but '{Arguments}' ended with {_process.ExitCode}. Its errors:\n{Errors}");
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        _process.Dispose();
    }

    private static void Append(StringBuilder to, string? line)
    {
        lock (to)
        {
            to.AppendLine(line);
        }
    }

    private static string Text(StringBuilder from)
    {
        lock (from)
        {
            return from.ToString();
        }
    }

    // One that has just ended gets none.
    private void Signal(int signal) => Assert.True(Kill(_process.Id, signal) == 0 || _process.HasExited, $"Signal {signal} was refused.");

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
