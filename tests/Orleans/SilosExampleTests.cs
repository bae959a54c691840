using OrleansStream.Recovery;

namespace OrleansStream.Orleans.Tests;

/// <summary>The program behind <c>./run --silos N</c>.</summary>
public sealed class SilosExampleTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("ostream-silos-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_example_on_two_silos_writes_each_row_once()
    {
        using TestProcess process = TestProcess.Start("OrleansStream.Examples.Silos.dll", _folder, ["--silos", "2", "--repeat", "3"]);
        int code = await process.WaitForExitAsync();
        Assert.True(code == 0, process.Errors);
        Assert.Contains("2 silos run in this process", process.Errors, StringComparison.Ordinal);
        Assert.Equal(ExpectedDelays.Of(3), Directory.GetFiles(Path.Combine(_folder, "out", "flights"), "part-*.jsonl").SelectMany(File.ReadLines).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_number_of_silos_that_cannot_be_is_refused()
    {
        using TestProcess process = TestProcess.Start("OrleansStream.Examples.Silos.dll", _folder, ["--silos", "none"]);
        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains("--silos needs a number from 1 to 16: ./run --silos 2", process.Errors, StringComparison.Ordinal);
    }
}
