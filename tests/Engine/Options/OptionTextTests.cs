using OrleansStream.Hosting;

namespace OrleansStream.Engine.Tests.Options;

public sealed class OptionTextTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("1s", 1000)]
    [InlineData("1.5 s", 1500)]
    [InlineData("5m", 300_000)]
    [InlineData("5min", 300_000)]
    [InlineData("2H", 7_200_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("0", 0)]
    [InlineData("-1s", -1000)]
    [InlineData("00:00:01", 1000)]
    [InlineData("1.00:00:00.250", 86_400_250)]
    public void A_duration_is_read(string text, double ms) => Assert.Equal(ms, OptionText.ReadDuration(text).TotalMilliseconds);

    [Theory]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("")]
    [InlineData("1 fortnight")]
    [InlineData("1e30d")]
    public void What_is_no_duration_is_refused(string text) => Assert.Throws<FormatException>(() => OptionText.ReadDuration(text));

    [Theory]
    [InlineData("1048576", 1048576)]
    [InlineData("256MiB", 256L << 20)]
    [InlineData("1.5 GiB", 3L << 29)]
    [InlineData("64kib", 64 << 10)]
    [InlineData("1GB", 1_000_000_000)]
    [InlineData("12B", 12)]
    public void A_size_is_read(string text, long bytes) => Assert.Equal(bytes, OptionText.ReadSize(text));

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("0.1B")]
    [InlineData("9999999TiB")]
    [InlineData("10 apples")]
    public void What_is_no_size_is_refused(string text) => Assert.Throws<FormatException>(() => OptionText.ReadSize(text));

    [Theory]
    [InlineData("paralelism", "parallelism")]
    [InlineData("interval", "watermark.interval")]
    [InlineData("checkpoint-directory", "checkpointing.directory")]
    [InlineData("bad-record", "on-bad-record")]
    public void The_nearest_name_is_what_was_meant(string typed, string meant) =>
        Assert.Equal(meant, NearestName.Find(typed, ["parallelism", "watermark.interval", "checkpointing.directory", "on-bad-record", "resume"]));
}
