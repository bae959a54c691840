using FsCheck;
using FsCheck.Fluent;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Tests.Time;

public sealed class WatermarkCombinerTests
{
    [Fact]
    public void Removed_input_shows_at_the_next_emission_only()
    {
        WatermarkCombiner combiner = WatermarkCombiner.ForSplits();
        combiner.Add(0);
        combiner.Add(1);
        combiner.OnWatermark(1, 9);
        combiner.Remove(0);

        Assert.Equal(long.MinValue, combiner.Watermark);
        Assert.Equal(new WatermarkChange(false, 9, false), combiner.Emit());
    }

    [Fact]
    public void Splits_wake_the_output_with_a_watermark_that_rises_inputs_with_their_status()
    {
        WatermarkCombiner splits = WatermarkCombiner.ForSplits();
        splits.Add(0);
        WatermarkCombiner inputs = WatermarkCombiner.ForInputs(1);
        splits.OnStatus(0, true);
        inputs.OnStatus(0, true);

        Assert.Equal(WatermarkChange.None, splits.OnStatus(0, false));
        Assert.Equal(new WatermarkChange(true, WatermarkChange.NoWatermark, false), inputs.OnStatus(0, false));
        Assert.Equal(new WatermarkChange(true, 1, false), splits.OnWatermark(0, 1));
        Assert.Equal(new WatermarkChange(false, 1, false), inputs.OnWatermark(0, 1));
    }

    [Fact]
    public void Input_added_with_a_watermark_counts_with_it()
    {
        WatermarkCombiner combiner = WatermarkCombiner.ForSplits();
        combiner.Add(0, 5);
        combiner.Add(7, 3);

        Assert.Equal(new WatermarkChange(false, 3, false), combiner.Emit());
    }

    [Fact]
    public void Unknown_and_repeated_inputs_are_broken_invariants()
    {
        WatermarkCombiner combiner = WatermarkCombiner.ForSplits();
        combiner.Add(0);

        Assert.Throws<InvariantViolatedException>(() => combiner.Add(0));
        Assert.Throws<InvariantViolatedException>(() => combiner.OnWatermark(1, 5));
        Assert.Throws<InvariantViolatedException>(() => combiner.Remove(99));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Combiner_does_what_the_naive_model_does(bool inputs)
    {
        Gen<(int Input, int Kind, long Watermark)> step =
            from input in Gen.Choose(0, 11)
            from kind in Gen.Choose(0, 11)
            from watermark in Gen.Frequency((9, Gen.Choose(-10, 30)), (1, Gen.Constant(int.MaxValue)))
            select (input, kind, watermark == int.MaxValue ? long.MaxValue : watermark);

        Check.One(Config.QuickThrowOnFailure.WithMaxTest(500), Prop.ForAll(step.ArrayOf(80).ToArbitrary(), steps => Agree(inputs, steps)));
    }

    private static bool Agree(bool inputs, (int Input, int Kind, long Watermark)[] steps)
    {
        WatermarkCombiner combiner = inputs ? WatermarkCombiner.ForInputs(3) : WatermarkCombiner.ForSplits();
        Model model = new(inputs);
        for (int i = 0; inputs && i < 3; i++)
        {
            model.Inputs[i] = (long.MinValue, false);
        }

        foreach ((int input, int kind, long watermark) in steps)
        {
            List<string> expected = [];
            WatermarkChange actual = WatermarkChange.None;
            if (!model.Inputs.TryGetValue(input, out (long Watermark, bool Idle) before))
            {
                if (kind < 3)
                {
                    combiner.Add(input, kind == 0 ? watermark : long.MinValue);
                    model.Inputs[input] = (kind == 0 ? watermark : long.MinValue, false);
                }

                continue;
            }

            (long, bool) raised = (Math.Max(before.Watermark, watermark), false);
            switch (kind)
            {
                case < 5:
                    actual = combiner.OnWatermark(input, watermark);
                    model.Inputs[input] = raised;
                    if (watermark > before.Watermark && watermark > model.Output)
                    {
                        model.Emit(expected);
                    }

                    break;
                case 5:
                    combiner.Defer(input, watermark);
                    model.Inputs[input] = raised;
                    break;
                case 6 or 7:
                    actual = combiner.OnStatus(input, kind == 6);
                    model.Inputs[input] = (before.Watermark, kind == 6);
                    model.Emit(expected);
                    break;
                case 8 or 9:
                    combiner.DeferStatus(input, kind == 8);
                    model.Inputs[input] = (before.Watermark, kind == 8);
                    break;
                case 10:
                    combiner.Remove(input);
                    model.Inputs.Remove(input);
                    break;
                default:
                    actual = combiner.Emit();
                    model.Emit(expected);
                    break;
            }

            Assert.Equal(expected, WatermarkValveTests.Words(actual));
            Assert.Equal((model.Output, model.Idle, model.Inputs.Count), (combiner.Watermark, combiner.IsIdle, combiner.Count));
            foreach ((int id, (long Watermark, bool Idle) state) in model.Inputs)
            {
                Assert.Equal(state, (combiner.InputWatermark(id), combiner.IsInputIdle(id)));
            }
        }

        return true;
    }

    /// <summary>The rules, searching all inputs each time.</summary>
    private sealed class Model(bool wakesWithStatus)
    {
        public Dictionary<int, (long Watermark, bool Idle)> Inputs { get; } = [];

        public long Output { get; private set; } = long.MinValue;

        public bool Idle { get; private set; }

        public void Emit(List<string> output)
        {
            if (Inputs.Count == 0)
            {
                return;
            }

            bool allIdle = Inputs.Values.All(input => input.Idle);
            long watermark = allIdle ? Inputs.Values.Max(input => input.Watermark) : Inputs.Values.Where(input => !input.Idle).Min(input => input.Watermark);
            if (Idle && (watermark > Output || (wakesWithStatus && !allIdle)))
            {
                output.Add("active");
                Idle = false;
            }

            if (watermark > Output)
            {
                output.Add($"watermark {watermark}");
                Output = watermark;
            }

            if (allIdle && !Idle)
            {
                output.Add("idle");
                Idle = true;
            }
        }
    }
}
