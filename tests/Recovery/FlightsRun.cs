using System.Globalization;

namespace OrleansStream.Recovery;

/// <summary>Runs of the example <c>flights</c> in a temporary folder, all with the same arguments, and their committed output.</summary>
internal sealed class FlightsRun : IDisposable
{
    private readonly string[] _arguments;

    public FlightsRun(params string[] arguments)
    {
        _arguments = arguments;
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("ostream-recovery-").FullName;

    public string Output => Path.Combine(Folder, "out", "flights");

    public string Checkpoints => Path.Combine(Folder, "checkpoints");

    public static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);

    public TestProcess Start(params string[] more) => TestProcess.Start("OrleansStream.Examples.dll", Folder, ["flights", .. _arguments, .. more]);

    public async Task<TestProcess> RunAsync(params string[] more)
    {
        TestProcess process = Start(more);
        await process.WaitForExitAsync();
        return process;
    }

    /// <summary>Files that are visible, and so committed.</summary>
    public string[] CommittedFiles() => Directory.Exists(Output) ? Directory.GetFiles(Output, "part-*.jsonl") : [];

    public void RequireOutput(IReadOnlyList<string> expected)
    {
        string[] actual = [.. CommittedFiles().SelectMany(File.ReadLines).Order(StringComparer.Ordinal)];
        if (actual.AsSpan().SequenceEqual(expected.ToArray()))
        {
            return;
        }

        string[] missing = [.. expected.Except(actual, StringComparer.Ordinal).Take(5)];
        string[] foreign = [.. actual.Except(expected, StringComparer.Ordinal).Take(5)];
        string[] twice = [.. actual.GroupBy(l => l, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key).Take(5)];
        Assert.Fail(
            $"The committed output has {actual.Length} rows instead of {expected.Count}.\nmissing: {string.Join(' ', missing)}\nwrong: {string.Join(' ', foreign)}\ntwice: {string.Join(' ', twice)}\n"
            + $"files: {string.Join(' ', CommittedFiles().Select(Path.GetFileName))}");
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
