using OrleansStream.Commits;

namespace OrleansStream.Engine.Tests.Commits;

public sealed class DeferredStartTests
{
    private static readonly EpochMark s_beginning = EpochMark.Beginning("run", 3);
    private static readonly EpochMark s_before = new("run", 4, 1, 1);
    private static readonly PendingEpoch s_five = new("run", 5, 2, s_before);
    private static readonly PendingEpoch s_six = new("run", 6, 0, s_five.End);
    private static readonly PendingEpoch s_seven = new("run", 7, 1, s_six.End);

    [Fact]
    public void An_id_that_never_wrote_begins_a_chain()
    {
        DeferredStart start = Decide(null);
        Assert.Equal(DeferredStartKind.Begin, start.Kind);
        Assert.Equal(s_beginning, start.Tail);
    }

    [Fact]
    public void Without_pending_records_the_chain_goes_on_from_any_mark()
    {
        EpochMark foreign = new("other", 99, 3, 3);
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 0, 0, foreign), Decide(foreign));
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 1, 0, foreign), Decide(foreign, new PendingEpoch("run", 5, 0, s_before)));
    }

    [Fact]
    public void The_mark_before_the_first_epoch_says_that_nothing_is_written() =>
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 0, 0, s_seven.End), Decide(s_before, s_five, s_six, s_seven));

    [Fact]
    public void A_mark_in_an_epoch_says_how_far_it_is_written()
    {
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 0, 1, s_seven.End), Decide(s_five.MarkOf(1), s_five, s_six, s_seven));
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 2, 0, s_seven.End), Decide(s_five.MarkOf(2), s_five, s_six, s_seven));
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 3, 0, s_seven.End), Decide(s_seven.MarkOf(1), s_five, s_six, s_seven));
    }

    [Theory]
    [InlineData("run", 9, 1, 1)]
    [InlineData("run", 3, 1, 1)]
    [InlineData("other", 5, 1, 2)]
    [InlineData("run", 5, 3, 3)]
    [InlineData("run", 5, 0, 0)]
    public void Any_other_mark_says_nothing(string incarnation, long checkpoint, int part, int parts)
    {
        EpochMark mark = new(incarnation, checkpoint, part, parts);
        Assert.Equal(DeferredStartKind.Unknown, Decide(mark, s_five, s_six).Kind);
        Assert.Equal(new DeferredStart(DeferredStartKind.Resume, 0, 0, s_six.End), DeferredStart.Decide(mark, [s_five, s_six], UnknownEpochPolicy.Rewrite, s_beginning));
        Assert.Equal(new DeferredStart(DeferredStartKind.Begin, 2, 0, s_beginning), DeferredStart.Decide(mark, [s_five, s_six], UnknownEpochPolicy.Skip, s_beginning));
    }

    [Fact]
    public void A_missing_mark_of_an_epoch_with_records_is_unknown() => Assert.Equal(DeferredStartKind.Unknown, Decide(null, s_five).Kind);

    [Fact]
    public void A_gap_between_epochs_is_refused() =>
        Assert.Contains("checkpoint 7", Assert.Throws<InvariantViolatedException>(() => Decide(s_before, s_five, s_seven with { Previous = s_before })).Message, StringComparison.Ordinal);

    private static DeferredStart Decide(EpochMark? mark, params PendingEpoch[] pending) => DeferredStart.Decide(mark, pending, UnknownEpochPolicy.Fail, s_beginning);
}
