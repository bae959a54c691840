using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tests.Time;

public sealed class WatermarkValveTests
{
    private static readonly WatermarkChange None = WatermarkChange.None;

    [Fact]
    public void Output_is_the_smallest_watermark_and_never_goes_back()
    {
        WatermarkValve valve = new(2);

        Assert.Equal(None, valve.OnWatermark(0, 5));
        Assert.Equal(Watermark(3), valve.OnWatermark(1, 3));
        Assert.Equal(None, valve.OnWatermark(1, 2));
        Assert.Equal(Watermark(5), valve.OnWatermark(1, 9));
    }

    [Fact]
    public void Last_channel_that_goes_idle_sends_the_largest_watermark_then_idle()
    {
        WatermarkValve valve = new(2);
        valve.OnWatermark(0, 5);
        valve.OnWatermark(1, 3);

        Assert.Equal(None, valve.OnStatus(0, true));
        Assert.Equal(new WatermarkChange(false, 5, true), valve.OnStatus(1, true));
        Assert.True(valve.IsIdle);
        Assert.Equal(new WatermarkChange(true, WatermarkChange.NoWatermark, false), valve.OnStatus(1, false));
        Assert.True(valve.IsChannelCatchingUp(1));
        Assert.Equal(5, valve.Watermark);
    }

    [Fact]
    public void Channels_that_woke_ahead_of_the_output_show_with_the_next_watermark()
    {
        WatermarkValve valve = new(4);
        valve.OnWatermark(0, 5);
        valve.OnWatermark(1, 20);
        valve.OnWatermark(2, 10);
        valve.OnWatermark(3, 15);
        Assert.Equal(Watermark(10), valve.OnStatus(0, true));
        valve.OnStatus(0, false);
        valve.OnStatus(1, true);
        valve.OnStatus(3, true);
        Assert.Equal(None, valve.OnStatus(2, true));
        valve.OnStatus(1, false);
        valve.OnStatus(3, false);

        // Only a channel that stood at the output makes the valve search again when it goes idle, as in Flink.
        Assert.Equal(None, valve.OnStatus(3, true));
        Assert.True(valve.IsChannelCatchingUp(0));
        Assert.Equal(Watermark(20), valve.OnWatermark(0, 6));
    }

    [Fact]
    public void Ended_channel_holds_nobody_and_the_last_end_is_the_final_watermark()
    {
        WatermarkValve valve = new(2);
        valve.OnWatermark(1, 3);

        Assert.Equal(Watermark(3), valve.OnEnd(0));
        Assert.Equal(Watermark(7), valve.OnWatermark(1, 7));
        Assert.Equal(Watermark(long.MaxValue), valve.OnEnd(1));
        Assert.True(valve.HasChannelEnded(1));
    }

    [Fact]
    public void End_of_an_idle_channel_wakes_an_idle_valve_before_the_final_watermark()
    {
        WatermarkValve valve = new(1);
        valve.OnStatus(0, true);

        Assert.Equal(new WatermarkChange(true, long.MaxValue, false), valve.OnEnd(0));
        Assert.False(valve.IsIdle);
    }

    [Fact]
    public void Anything_after_the_end_of_a_channel_is_a_broken_invariant()
    {
        WatermarkValve valve = new(2);
        valve.OnEnd(1);

        Assert.Throws<InvariantViolatedException>(() => valve.OnWatermark(1, 3));
        Assert.Throws<InvariantViolatedException>(() => valve.OnStatus(1, true));
        Assert.Throws<InvariantViolatedException>(() => valve.OnEnd(1));
    }

    [Fact]
    public void Valve_does_what_the_naive_model_does()
    {
        Gen<(int Channel, int Kind, long Watermark)> step =
            from channel in Gen.Choose(0, 19)
            from kind in Gen.Frequency((8, Gen.Constant(0)), (5, Gen.Constant(1)), (5, Gen.Constant(2)), (1, Gen.Constant(3)))
            from watermark in Gen.Frequency((40, Gen.Choose(-10, 30)), (1, Gen.Constant(int.MaxValue)))
            select (channel, kind, watermark == int.MaxValue ? long.MaxValue : watermark);
        Gen<(int Channels, (int, int, long)[] Steps)> runs =
            from channels in Gen.Elements(1, 2, 3, 5, 20)
            from steps in step.ArrayOf()
            from more in step.ArrayOf(60)
            select (channels, steps.Concat(more).ToArray());

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(runs.ToArbitrary(), run => Agree(run.Channels, run.Steps)));
    }

    [Fact]
    public void Watermarks_and_statuses_cost_no_allocation()
    {
        WatermarkValve valve = new(100);
        void Round(long watermark)
        {
            for (int channel = 0; channel < 100; channel++)
            {
                valve.OnWatermark(channel, watermark);
                valve.OnStatus(channel, true);
                valve.OnStatus(channel, false);
            }
        }

        Round(1);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Round(2);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static WatermarkChange Watermark(long watermark) => new(false, watermark, false);

    private static bool Agree(int channels, (int Channel, int Kind, long Watermark)[] steps)
    {
        WatermarkValve valve = new(channels);
        Model model = new(channels);
        HashSet<int> ended = [];
        for (int i = 0; i < steps.Length; i++)
        {
            (int channel, int kind, long watermark) = steps[i];
            channel %= channels;
            if (ended.Contains(channel))
            {
                continue;
            }

            List<string> expected = [];
            WatermarkChange actual;
            switch (kind)
            {
                case 0:
                    model.OnWatermark(channel, watermark, expected);
                    actual = valve.OnWatermark(channel, watermark);
                    break;
                case 3 when i % 4 == 0:
                    model.OnStatus(channel, false, expected);
                    model.OnWatermark(channel, long.MaxValue, expected);
                    actual = valve.OnEnd(channel);
                    ended.Add(channel);
                    break;
                default:
                    model.OnStatus(channel, kind == 1, expected);
                    actual = valve.OnStatus(channel, kind == 1);
                    break;
            }

            Assert.Equal(expected, Words(actual));
            Assert.Equal((model.Output, model.Idle), (valve.Watermark, valve.IsIdle));
            for (int c = 0; c < channels; c++)
            {
                Assert.Equal(model.Channels[c].Watermark, valve.ChannelWatermark(c));
                Assert.Equal(model.Channels[c].Idle, valve.IsChannelIdle(c));
                Assert.Equal(!model.Channels[c].Idle && !model.Channels[c].Counts, valve.IsChannelCatchingUp(c));
            }
        }

        return true;
    }

    internal static List<string> Words(WatermarkChange change)
    {
        List<string> words = [];
        if (change.BecomesActive)
        {
            words.Add("active");
        }

        if (change.HasWatermark)
        {
            words.Add($"watermark {change.Watermark}");
        }

        if (change.BecomesIdle)
        {
            words.Add("idle");
        }

        return words;
    }

    /// <summary>The rules, searching all channels each time.</summary>
    private sealed class Model(int channels)
    {
        public Channel[] Channels { get; } = [.. Enumerable.Range(0, channels).Select(_ => new Channel())];

        public long Output { get; private set; } = long.MinValue;

        public bool Idle { get; private set; }

        public void OnWatermark(int channel, long watermark, List<string> output)
        {
            Channel c = Channels[channel];
            if (!c.Idle && watermark > c.Watermark)
            {
                c.Watermark = watermark;
                c.Counts |= watermark >= Output;
                Raise(Channels.Where(other => other.Counts).Select(other => other.Watermark).DefaultIfEmpty(long.MinValue).Min(), output);
            }
        }

        public void OnStatus(int channel, bool idle, List<string> output)
        {
            Channel c = Channels[channel];
            if (c.Idle == idle)
            {
                return;
            }

            c.Idle = idle;
            c.Counts = !idle && c.Watermark >= Output;
            if (!idle)
            {
                if (Idle)
                {
                    output.Add("active");
                }

                Idle = false;
            }
            else if (Channels.All(other => other.Idle))
            {
                Raise(Channels.Max(other => other.Watermark), output);
                output.Add("idle");
                Idle = true;
            }
            else if (c.Watermark == Output)
            {
                Raise(Channels.Where(other => other.Counts).Select(other => other.Watermark).DefaultIfEmpty(long.MinValue).Min(), output);
            }
        }

        private void Raise(long watermark, List<string> output)
        {
            if (watermark > Output)
            {
                Output = watermark;
                output.Add($"watermark {watermark}");
            }
        }

        public sealed class Channel
        {
            public long Watermark { get; set; } = long.MinValue;

            public bool Idle { get; set; }

            public bool Counts { get; set; } = true;
        }
    }
}
