using System.Text.Json;
using OrleansStream.Recovery;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;

namespace OrleansStream.SiloTests.Processes;

/// <summary>The command against a silo, both as processes.</summary>
public sealed class OstreamClusterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("none")]
    [InlineData("localhost")]
    public async Task A_job_is_submitted_listed_watched_saved_and_stopped(string kind)
    {
        using SiloProcess silo = await SiloProcess.Start(_folder.Path, SiloProcess.Alone(kind)).WhenReadyAsync();
        (int code, string output, string errors) = await silo.OstreamAsync(
            "submit", SamplePackage.Assembly, "--job", "CountJob", "--job-name", "counts", "--parallelism", "2", "--checkpointing.interval", "1h", "--set", "endless=true", "--set", "output=out", "--json");
        Assert.True(code == 0, errors);
        JobInfo job = JsonSerializer.Deserialize(output, ServiceJson.Default.JobInfo)!;
        Assert.Equal("counts", job.Name);

        (code, output, errors) = await silo.OstreamAsync("savepoint", "counts", "--folder", "first");
        Assert.True(code == 0, errors);
        Assert.Contains("savepoint savepoints/first/metadata", output, StringComparison.Ordinal);

        (code, output, _) = await silo.OstreamAsync("list");
        Assert.Equal(0, code);
        Assert.Contains(job.Id, output, StringComparison.Ordinal);
        Assert.Matches(@"counts\s+running", output);

        (code, output, _) = await silo.OstreamAsync("status", job.Id[..8]);
        Assert.Equal(0, code);
        Assert.Contains("savepoints/first/metadata", output, StringComparison.Ordinal);
        Assert.Matches(@"counts\s+2\s", output);

        (code, output, errors) = await silo.OstreamAsync("key", "counts", "counts", """{"site":"site 0","number":0}""", "--ask", "summary");
        Assert.True(code == 0, errors);
        Assert.Matches("""^summary = {"count":\d+,"sum":.*} \(attempt 1, last checkpoint none\)""", output);
        (code, output, errors) = await silo.OstreamAsync("key", "counts", "counts", """{"site":"site 0","number":0}""", "--json");
        Assert.True(code == 0, errors);
        Assert.True(JsonSerializer.Deserialize(output, ServiceJson.Default.KeyAnswer)!.Value!.Value.GetProperty("summary").GetProperty("count").GetInt64() > 0);
        (code, _, errors) = await silo.OstreamAsync("key", "counts", "counts", "site 0", "--ask", "summary");
        Assert.Equal(1, code);
        Assert.Contains("\"site 0\" is no SampleJobs.Sensor", errors, StringComparison.Ordinal);
        (code, _, errors) = await silo.OstreamAsync("key", "counts", "counts", "site 0", "--tell", "Freeze", "--message", "{");
        Assert.Equal(2, code);
        Assert.Contains("--message {: is no JSON", errors, StringComparison.Ordinal);

        (code, output, errors) = await silo.OstreamAsync("stop", "counts", "--drain", "--json");
        Assert.True(code == 0, errors);
        Assert.Equal(JobState.Stopped, JsonSerializer.Deserialize(output, ServiceJson.Default.SavepointInfo)!.Job.State);

        (code, _, errors) = await silo.OstreamAsync("stop", "counts");
        Assert.Equal(1, code);
        Assert.Contains("has ended", errors, StringComparison.Ordinal);
        (code, _, errors) = await silo.OstreamAsync("status", "cuonts");
        Assert.Equal(1, code);
        Assert.Contains("The nearest is counts", errors, StringComparison.Ordinal);

        (code, output, _) = await silo.OstreamAsync("submit", job.Package!, "--job", "FailingJob", "--wait");
        Assert.Equal(1, code);
        Assert.Contains("sample 500 is broken", output, StringComparison.Ordinal);
        (code, _, errors) = await silo.OstreamAsync("submit", job.Package!, "--job", "CountJob", "--parallelism", "many");
        Assert.Equal(2, code);
        Assert.Contains("parallelism = many: is not a whole number", errors, StringComparison.Ordinal);

        silo.Process.Terminate();
        Assert.Equal(0, await silo.Process.WaitForExitAsync());
    }

    [Fact]
    public async Task A_silo_that_is_told_to_end_stops_its_jobs_with_a_checkpoint()
    {
        using (SiloProcess silo = await SiloProcess.Start(_folder.Path, "--cluster.kind", "none").WhenReadyAsync())
        {
            (int code, _, string errors) = await silo.OstreamAsync("submit", SamplePackage.Assembly, "--job", "CountJob", "--set", "endless=true", "--set", "output=out");
            Assert.True(code == 0, errors);
            await Eventually.IsTrueAsync(async () => (await silo.OstreamAsync("list")).Output.Contains("running", StringComparison.Ordinal), "the job to run");
            silo.Process.Terminate();
            Assert.Equal(0, await silo.Process.WaitForExitAsync());
        }

        using SiloProcess again = await SiloProcess.Start(_folder.Path, "--cluster.kind", "none").WhenReadyAsync();
        (_, string output, _) = await again.OstreamAsync("submit", SamplePackage.Assembly, "--job", "CountJob", "--resume", "--set", "endless=true", "--set", "output=out", "--json");
        JobInfo job = JsonSerializer.Deserialize(output, ServiceJson.Default.JobInfo)!;
        await Eventually.IsTrueAsync(async () => JsonSerializer.Deserialize((await again.OstreamAsync("status", job.Id, "--json")).Output, ServiceJson.Default.JobDetails)!.Job.State == JobState.Running, "the job to run");
        Assert.Equal(2, JsonSerializer.Deserialize((await again.OstreamAsync("status", job.Id, "--json")).Output, ServiceJson.Default.JobDetails)!.Job.Attempt);
        Assert.Equal(0, (await again.OstreamAsync("cancel", job.Id)).Code);
    }

    [Fact]
    public async Task A_silo_that_is_told_nonsense_says_all_of_it_and_ends_with_2()
    {
        using TestProcess process = TestProcess.Start("OrleansStream.Silo.dll", _folder.Path, ["--silo.prot", "1", "--rest.max-body", "much"]);
        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains("The nearest is silo.port", process.Errors, StringComparison.Ordinal);
        Assert.Contains("--rest.max-body = much: is not a size", process.Errors, StringComparison.Ordinal);
        Assert.Contains("checkpoints.directory", process.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_lists_every_option_of_a_silo()
    {
        using TestProcess process = TestProcess.Start("OrleansStream.Silo.dll", _folder.Path, ["--help"]);
        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.All(Silo.SiloOptionCatalog.All, o => Assert.Contains($"--{o.Key} ", process.Output, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("submit")]
    [InlineData("list")]
    [InlineData("status")]
    [InlineData("cancel")]
    [InlineData("savepoint")]
    [InlineData("stop")]
    [InlineData("key")]
    public async Task Help_of_every_command_has_an_example(string command)
    {
        using TestProcess process = TestProcess.Start("ostream.dll", _folder.Path, [command, "--help"]);
        Assert.Equal(0, await process.WaitForExitAsync());
        Assert.Contains($"ostream {command} ", process.Output, StringComparison.Ordinal);
        using TestProcess wrong = TestProcess.Start("ostream.dll", _folder.Path, [command, "--no-such-option"]);
        Assert.Equal(2, await wrong.WaitForExitAsync());
    }

    [Theory]
    [InlineData("key", "ostream key: <job> is missing.;ostream key: <operator> is missing.;ostream key: <key> is missing.", "ostream key FraudJob accounts \"DE02 1203\"")]
    [InlineData("key FraudJob accounts", "ostream key: <key> is missing. The key: a text", "ostream key FraudJob accounts \"DE02 1203\"")]
    [InlineData("savepoint --folder first", "ostream savepoint: <job> is missing. The job: its id", "ostream savepoint FraudJob --folder before-upgrade")]
    [InlineData("submit --parallelism 4", "ostream submit: <package> is missing.", "ostream submit bin/Release/net10.0/publish/Fraud.dll")]
    [InlineData("run", "ostream run: <assembly> is missing.", "ostream run DelayJob.dll")]
    [InlineData("status FraudJob --url", "Required argument missing for option: '--url'", "ostream status FraudJob")]
    [InlineData("list FraudJob", "ostream list: Unrecognized command or argument 'FraudJob'", "ostream list --url http://silo-1:8081 --json")]
    [InlineData("kye FraudJob", "ostream: there is no command 'kye'. The commands are run, submit, list,", "ostream run DelayJob.dll")]
    [InlineData("", "ostream: the command is missing. The commands are run, submit, list,", "ostream run DelayJob.dll")]
    public async Task Wrong_use_is_named_by_what_is_missing_with_a_call_that_is_right(string line, string problems, string example)
    {
        using TestProcess process = TestProcess.Start("ostream.dll", _folder.Path, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, await process.WaitForExitAsync());
        string[] lines = process.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string[] expected = problems.Split(';');
        Assert.Equal(expected.Length + 2, lines.Length);
        Assert.All(expected.Zip(lines), pair => Assert.Contains(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.StartsWith($"For example: {example}", lines[^2], StringComparison.Ordinal);
        Assert.EndsWith("--help' shows how it is used.", lines[^1], StringComparison.Ordinal);
        Assert.Empty(process.Output.Trim());
    }

    [Fact]
    public async Task A_cluster_that_is_not_there_is_named()
    {
        using TestProcess process = TestProcess.Start("ostream.dll", _folder.Path, ["list", "--url", "http://127.0.0.1:1", "--retry-for", "0"]);
        Assert.Equal(1, await process.WaitForExitAsync());
        Assert.Contains("http://127.0.0.1:1/ cannot be reached", process.Errors, StringComparison.Ordinal);
    }
}
