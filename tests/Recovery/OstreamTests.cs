using System.Text.Json;
using OrleansStream.Hosting;

namespace OrleansStream.Recovery;

/// <summary>The command <c>ostream run</c>.</summary>
public sealed class OstreamTests : IDisposable
{
    private static readonly string s_examples = Path.Combine(AppContext.BaseDirectory, "OrleansStream.Examples.dll");
    private readonly FlightsRun _flights = new();

    public void Dispose() => _flights.Dispose();

    [Fact]
    public async Task It_runs_the_job_of_an_assembly()
    {
        using TestProcess process = await RunAsync("run", s_examples, "--job", "FlightDelays", "--parallelism", "2", "--checkpoint-dir", "ckpt", "--set", "repeat=2", "--json");
        Assert.True(await process.WaitForExitAsync() == 0, process.Errors);
        _flights.RequireOutput(ExpectedDelays.Of(2));
        using JsonDocument summary = JsonDocument.Parse(process.Output);
        Assert.Equal("finished", summary.RootElement.GetProperty("state").GetString());
        Assert.Equal("FlightDelays", summary.RootElement.GetProperty("job").GetString());
        Assert.Equal(40_000, summary.RootElement.GetProperty("operators")[0].GetProperty("recordsOut").GetInt64());
    }

    [Fact]
    public Task A_missing_assembly_is_named() => RequireAsync(2, ["run", "Nowhere.dll"], "There is no file 'Nowhere.dll'");

    [Fact]
    public async Task A_file_that_is_no_assembly_is_named()
    {
        await File.WriteAllTextAsync(Path.Combine(_flights.Folder, "a.dll"), "text");
        await RequireAsync(2, ["run", "a.dll"], "'a.dll' is not a .NET assembly");
    }

    [Fact]
    public Task An_assembly_without_a_job_is_refused() =>
        RequireAsync(2, ["run", Path.Combine(AppContext.BaseDirectory, "ostream.dll")], "has no job: no class in it implements OrleansStream.IStreamJob");

    [Fact]
    public Task An_unknown_option_is_named_with_the_nearest() =>
        RequireAsync(2, ["run", s_examples, "--paralelism", "3"], "--paralelism: there is no such option. The nearest is --parallelism");

    [Fact]
    public Task Wrong_use_says_how_help_is_found() => RequireAsync(2, ["run"], "'ostream run --help'");

    [Fact]
    public async Task A_refusal_is_a_line_of_json_too()
    {
        using TestProcess process = await RunAsync("run", "Nowhere.dll", "--json");
        Assert.Equal(2, await process.WaitForExitAsync());
        using JsonDocument summary = JsonDocument.Parse(process.Output);
        Assert.Equal("refused", summary.RootElement.GetProperty("state").GetString());
        Assert.Contains("Nowhere.dll", summary.RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    public async Task Help_has_an_example(params string[] arguments)
    {
        using TestProcess process = await RunAsync(arguments);
        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Contains("ostream run DelayJob.dll --parallelism 4", process.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void One_of_several_jobs_must_be_chosen()
    {
        Type[] types = [typeof(First), typeof(Second), typeof(Abstract), typeof(WithArguments), typeof(string)];
        OptionsException several = Assert.Throws<OptionsException>(() => JobAssembly.Find(types, "a.dll", null));
        Assert.Contains("3 jobs", several.Message, StringComparison.Ordinal);
        Assert.Contains("OstreamTests+Second", several.Message, StringComparison.Ordinal);
        Assert.Contains("The nearest is Second", Assert.Throws<OptionsException>(() => JobAssembly.Find(types, "a.dll", "Secnd")).Message, StringComparison.Ordinal);
        Assert.Contains("no public constructor", Assert.Throws<OptionsException>(() => JobAssembly.Find(types, "a.dll", "WithArguments")).Message, StringComparison.Ordinal);
        Assert.Equal(typeof(Second), JobAssembly.Find(types, "a.dll", "Second"));
        Assert.Equal(typeof(First), JobAssembly.Find([typeof(First), typeof(Abstract)], "a.dll", null));
    }

    private Task<TestProcess> RunAsync(params string[] arguments) => RunToEndAsync(TestProcess.Start("ostream.dll", _flights.Folder, arguments));

    private static async Task<TestProcess> RunToEndAsync(TestProcess process)
    {
        await process.WaitForExitAsync();
        return process;
    }

    private async Task RequireAsync(int exit, string[] arguments, params string[] messages)
    {
        using TestProcess process = await RunAsync(arguments);
        Assert.True(await process.WaitForExitAsync() == exit, process.Errors);
        Assert.All(messages, message => Assert.Contains(message, process.Errors, StringComparison.Ordinal));
    }

    public sealed class First : IStreamJob
    {
        public void Define(StreamEnvironment env)
        {
        }
    }

    public sealed class Second : IStreamJob
    {
        public void Define(StreamEnvironment env)
        {
        }
    }

    public abstract class Abstract : IStreamJob
    {
        public abstract void Define(StreamEnvironment env);
    }

    public sealed class WithArguments(int number) : IStreamJob
    {
        public int Number { get; } = number;

        public void Define(StreamEnvironment env)
        {
        }
    }
}
