using System.Text.Json;
using OrleansStream.Conformance.Comparing;
using OrleansStream.Conformance.Drivers;

namespace OrleansStream.Conformance.Model;

public sealed class ScenarioTests
{
    [Fact]
    public void Every_step_of_the_readme_is_read()
    {
        Scenario scenario = Scenario.Parse(
            """
            {"name":"x","family":"f","tags":["t"],"why":"because","operator":{"kind":"k","n":3,"none":null},
             "input":[{"e":["a",["et",5],"max"],"in":1},{"e":["a",1,2],"split":"s0"},{"w":"min","in":1},{"w":4,"split":"s0","deferred":true},
                      {"idle":true,"in":1},{"idle":false,"split":"s1","deferred":true},{"p":10},{"s":1},{"add":"s0"},{"remove":"s1"},{"emit":1}],
             "output":[[],[],[],[],[],[],[],[],[],[],[]]}
            """);

        Assert.Equal(("x", "f", "because", "k", 3L), (scenario.Name, scenario.Family, scenario.Why, scenario.Text("kind"), scenario.Number("n")));
        Assert.Null(scenario.Number("none"));
        Assert.Collection(
            scenario.Input,
            step => Assert.Equal(("\"a\"", long.MaxValue, 1), (((RecordStep)step).Key.GetRawText(), ((RecordStep)step).Timestamp, step.Input)),
            step => Assert.Equal((1, "s0"), (((RecordStep)step).Value.GetInt32(), step.Split)),
            step => Assert.Equal((long.MinValue, false, 1), (((WatermarkStep)step).Time, ((WatermarkStep)step).Deferred, step.Input)),
            step => Assert.Equal((4L, true, "s0"), (((WatermarkStep)step).Time, ((WatermarkStep)step).Deferred, step.Split)),
            step => Assert.Equal((true, false, 1), (((StatusStep)step).Idle, ((StatusStep)step).Deferred, step.Input)),
            step => Assert.Equal((false, true, "s1"), (((StatusStep)step).Idle, ((StatusStep)step).Deferred, step.Split)),
            step => Assert.Equal(10, ((ClockStep)step).Time),
            step => Assert.IsType<SnapshotStep>(step),
            step => Assert.Equal("s0", Assert.IsType<AddSplitStep>(step).Split),
            step => Assert.Equal("s1", Assert.IsType<RemoveSplitStep>(step).Split),
            step => Assert.IsType<EmitStep>(step));
    }

    [Fact]
    public void Outputs_that_a_driver_makes_equal_those_that_are_read()
    {
        (string Text, StepOutput Made)[] outputs =
        [
            ("""{"e":["ä",null,[1,2],"max"],"ts":5}""", StepOutput.Record(5, "ä", null, new List<long> { 1, 2 }, long.MaxValue)),
            ("""{"e":["a",2.5]}""", StepOutput.Record(null, "a", 2.5)),
            ("""{"e":["a",{"x":1,"y":2}],"ts":"min"}""", StepOutput.Record(long.MinValue, "a", new SortedDictionary<string, long> { ["y"] = 2, ["x"] = 1 })),
            ("""{"late":["a",1,2],"in":1}""", StepOutput.Late(1, "a", 1, 2)),
            ("""{"late":["a",1,2]}""", StepOutput.Late(null, "a", 1, 2)),
            ("""{"m":{"s":[0,1]},"key":"a","ts":1}""", StepOutput.Match(false, new Dictionary<string, int[]> { ["s"] = [0, 1] }, "a", 1)),
            ("""{"timeout":{"s":[0]},"key":"a"}""", StepOutput.Match(true, new Dictionary<string, int[]> { ["s"] = [0] }, "a", null)),
            ("""{"w":"max"}""", StepOutput.Watermark(long.MaxValue)),
            ("""{"idle":true}""", StepOutput.Status(true)),
        ];

        foreach ((string text, StepOutput made) in outputs)
        {
            using JsonDocument document = JsonDocument.Parse(text);
            StepOutput read = StepOutput.Parse(document.RootElement);
            Assert.Equal((read.Kind, read.ToString(), read.Timestamp, read.Key), (made.Kind, made.ToString(), made.Timestamp, made.Key));
        }
    }

    [Fact]
    public void Unknown_steps_and_outputs_are_refused()
    {
        using JsonDocument document = JsonDocument.Parse("""{"x":1}""");

        Assert.Throws<FormatException>(() => Step.Parse(document.RootElement));
        Assert.Throws<FormatException>(() => StepOutput.Parse(document.RootElement));
    }

    [Fact]
    public void Every_scenario_that_is_expected_agrees_with_itself()
    {
        foreach (Scenario scenario in ScenarioFiles.Families.Values.SelectMany(scenarios => scenarios))
        {
            Assert.Null(ScenarioRunner.Run(scenario, new Echo(scenario)));
        }
    }

    [Fact]
    public void Wrong_output_is_described_with_scenario_step_and_operator()
    {
        Scenario scenario = Scenario.Parse(
            """{"name":"x-1","family":"windows","tags":[],"operator":{"time":"processing"},"input":[{"p":5},{"s":1}],"output":[[],[{"w":3}]]}""");

        string text = ScenarioRunner.Run(scenario, new Echo(scenario, loseFrom: 1))!;

        Assert.Contains("""x-1 step 1: {"s":1}""", text, StringComparison.Ordinal);
        Assert.Contains("""missing    {"w":3}""", text, StringComparison.Ordinal);
        Assert.Contains("""operator: {"time":"processing"}""", text, StringComparison.Ordinal);
        Assert.Contains("""  0  {"p":5}  ->  nothing""", text, StringComparison.Ordinal);
    }

    /// <summary>Outputs what is expected, up to a step.</summary>
    private sealed class Echo(Scenario scenario, int loseFrom = int.MaxValue) : IScenarioDriver
    {
        private int _step;

        public void Feed(Step step, List<StepOutput> outputs)
        {
            if (_step < loseFrom)
            {
                outputs.AddRange(scenario.Expected[_step]);
            }

            _step++;
        }

        public void SnapshotAndRestore(List<StepOutput> outputs) => Feed(scenario.Input[_step], outputs);

        public void Dispose()
        {
        }
    }
}
