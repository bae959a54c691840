namespace OrleansStream.Recovery;

/// <summary>What is wrong is said at once, with a name and a remedy, on the standard error stream.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly FlightsRun _flights = new();

    public void Dispose() => _flights.Dispose();

    [Fact]
    public Task Unknown_and_unreadable_options_are_all_named() => RequireAsync(
        2, ["--paralelism", "2", "--checkpointing.interval", "soon", "--rate"],
        "--paralelism: there is no such option. The nearest is --parallelism", "--checkpointing.interval = soon: is not a duration", "--rate: needs a value");

    [Theory]
    [InlineData("--rate", "0", "--rate 0: must be a positive number")]
    [InlineData("--rate", "fast", "--set rate=fast cannot be read as Double")]
    [InlineData("--repeat", "0", "--repeat 0: must be from 1 to 10000")]
    [InlineData("--progress", "loud", "is none of auto, live, plain, none")]
    [InlineData("--parallelism", "0", "parallelism = 0: must be from 1 to 32768")]
    public Task A_value_out_of_range_is_refused(string option, string value, string message) => RequireAsync(2, [option, value], message);

    [Fact]
    public async Task A_folder_that_no_job_made_is_not_overwritten()
    {
        string file = Path.Combine(Directory.CreateDirectory(_flights.Output).FullName, "thesis.txt");
        await File.WriteAllTextAsync(file, "mine");
        await RequireAsync(2, [], "thesis.txt", "--resume", "--overwrite");
        await RequireAsync(2, ["--overwrite"], "thesis.txt");
        Assert.True(File.Exists(file));
    }

    [Fact]
    public Task A_missing_file_fails_the_job() => RequireAsync(1, ["--input", "nowhere.jsonl"], "nowhere.jsonl");

    [Fact]
    public async Task A_malformed_line_is_named_by_file_and_line()
    {
        await WriteInputAsync();
        await RequireAsync(1, ["--input", "input.jsonl"], "input.jsonl:3", "--on-bad-record");
    }

    [Fact]
    public async Task Malformed_lines_can_be_skipped_and_are_counted()
    {
        await WriteInputAsync();
        using TestProcess process = await _flights.RunAsync("--input", "input.jsonl", "--on-bad-record", "skip");
        Assert.True(await process.WaitForExitAsync() == 0, process.Errors);
        Assert.Contains("bad 2", process.Errors, StringComparison.Ordinal);
        Assert.Equal(2, _flights.CommittedFiles().SelectMany(File.ReadLines).Count());
    }

    [Fact]
    public async Task A_checkpoint_directory_that_cannot_be_used_is_refused()
    {
        await File.WriteAllTextAsync(Path.Combine(_flights.Folder, "file"), "");
        await RequireAsync(2, ["--checkpoint-dir", "file"], "checkpointing.directory = file: is a file");
        await RequireAsync(2, ["--checkpoint-dir", "file/below"], "checkpointing.directory = file/below: cannot be written to");
    }

    [Fact]
    public async Task A_resume_that_would_write_rows_twice_is_refused()
    {
        using TestProcess first = await _flights.RunAsync();
        Assert.True(await first.WaitForExitAsync() == 0, first.Errors);
        await RequireAsync(2, ["--resume", "--checkpoint-dir", "elsewhere"], "no checkpoint in", "elsewhere");
        await RequireAsync(2, ["--resume", "--overwrite"], "--overwrite cannot be given together with --resume");
    }

    [Fact]
    public async Task An_unknown_example_lists_those_that_there_are()
    {
        using TestProcess process = TestProcess.Start("OrleansStream.Examples.dll", _flights.Folder, ["fligths"]);
        Assert.Equal(2, await process.WaitForExitAsync());
        Assert.Contains("./run flights", process.Errors, StringComparison.Ordinal);
    }

    private Task WriteInputAsync() => File.WriteAllLinesAsync(
        Path.Combine(_flights.Folder, "input.jsonl"),
        [
            """{"date":"2001/01/01 00:47","delay":66,"distance":1750,"origin":"DTW","destination":"LAS"}""",
            """{"date":"2001/01/01 01:10","delay":95,"distance":2399,"origin":"HNL","destination":"SFO"}""",
            """{"date":"2001/01/01 01:24","delay":-5,"distance":""",
            """{"date":"the first of May","delay":4,"distance":256,"origin":"LAS","destination":"PHX"}""",
        ]);

    private async Task RequireAsync(int exit, string[] arguments, params string[] messages)
    {
        using TestProcess process = await _flights.RunAsync(arguments);
        Assert.True(await process.WaitForExitAsync() == exit, process.Errors);
        Assert.All(messages, message => Assert.Contains(message, process.Errors, StringComparison.Ordinal));
    }
}
