using OrleansStream.Engine.Operators;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>When the memory of what a sink has prepared may be used again.</summary>
public sealed class PreparedEpochTests
{
    private readonly Overwritten _committables = new([1, 2, 3]);

    [Fact]
    public void Not_before_it_is_committed()
    {
        PreparedEpoch epoch = new(_committables);
        Assert.True(epoch.TryEnter());
        epoch.Leave();
        Assert.Equal([1, 2, 3], _committables[0]);
        epoch.Leave();
        Assert.Equal("???"u8, _committables[0]);
    }

    [Fact]
    public void Not_before_the_last_snapshot_of_it_is_written()
    {
        PreparedEpoch epoch = new(_committables);
        Assert.True(epoch.TryEnter());
        Assert.True(epoch.TryEnter());
        epoch.Leave();
        epoch.Leave();
        Assert.Equal([1, 2, 3], _committables[0]);
        Assert.True(epoch.TryEnter());
        epoch.Leave();
        epoch.Leave();
        Assert.Equal("???"u8, _committables[0]);
        Assert.False(epoch.TryEnter());
    }
}
