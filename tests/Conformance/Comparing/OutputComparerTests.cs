using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Comparing;

/// <summary>The comparer must find what is wrong: each rule with outputs that keep it and outputs that break it.</summary>
public sealed class OutputComparerTests
{
    private const string Windows = """{"time":"event","trigger":{"type":"purging","inner":{"type":"eventTime"}},"listOrder":"any"}""";

    [Theory]
    [InlineData("""[{"e":["a",3],"ts":1},{"e":["b",1],"ts":1}]""", """[{"ts":1,"e":["b",1.0]},{"e":["a",3],"ts":1}]""", true)]
    [InlineData("""[{"e":["a",3],"ts":1}]""", """[{"e":["a",3]}]""", false)]
    [InlineData("""[{"e":["a",3],"ts":1}]""", """[{"e":["a",3],"ts":1},{"e":["a",3],"ts":1}]""", false)]
    [InlineData("""[{"e":["a",3],"ts":"max"}]""", """[{"e":["a",3],"ts":9223372036854775807}]""", true)]
    [InlineData("""[{"e":["a",0.1],"ts":1}]""", """[{"e":["a",0.10],"ts":1}]""", true)]
    [InlineData("""[{"e":["a",1],"ts":1}]""", """[{"e":["a","1"],"ts":1}]""", false)]
    [InlineData("""[]""", """[{"w":1}]""", false)]
    public void Rule_1_outputs_are_a_multiset_of_json_values(string expected, string actual, bool equal) =>
        Check("interval-join", "{}", """{"e":["a",1,1]}""", expected, actual, equal);

    [Theory]
    [InlineData("""[{"e":["a",1],"ts":1},{"w":1}]""", """[{"w":1},{"e":["a",1],"ts":1}]""", false)]
    [InlineData("""[{"e":["a",1],"ts":1},{"w":1},{"idle":true}]""", """[{"w":1},{"e":["a",1],"ts":1},{"idle":true}]""", false)]
    [InlineData("""[{"w":1},{"idle":true}]""", """[{"idle":true},{"w":1}]""", false)]
    [InlineData("""[{"idle":false},{"e":["a",1],"ts":1},{"w":1}]""", """[{"idle":false},{"e":["a",1],"ts":1},{"w":1}]""", true)]
    [InlineData("""[{"w":1},{"e":["a",2]}]""", """[{"w":1},{"e":["a",2]}]""", true)]
    public void Rule_2_watermarks_come_last(string expected, string actual, bool equal) =>
        Check("interval-join", "{}", """{"w":1}""", expected, actual, equal);

    [Theory]
    [InlineData("""{"w":9}""", Windows, false)]
    [InlineData("""{"e":["a",1,1]}""", Windows, true)]
    [InlineData("""{"w":9}""", """{"time":"event","trigger":{"type":"count","n":2},"listOrder":"any"}""", true)]
    public void Rule_3_event_time_windows_fire_in_order_of_time(string step, string windowOperator, bool equal) =>
        Check("windows", windowOperator, step, """[{"e":["a",1],"ts":1},{"e":["b",1],"ts":2}]""", """[{"e":["b",1],"ts":2},{"e":["a",1],"ts":1}]""", equal);

    [Theory]
    [InlineData("""[{"e":["b",1],"ts":1},{"e":["a",1],"ts":1},{"e":["a",2],"ts":1}]""", true)]
    [InlineData("""[{"e":["a",2],"ts":1},{"e":["a",1],"ts":1},{"e":["b",1],"ts":1}]""", false)]
    public void Rule_4_timers_of_one_key_come_in_order(string actual, bool equal) =>
        Check("timers", "{}", """{"e":["a",[],1]}""", """[{"e":["a",1],"ts":1},{"e":["a",2],"ts":1},{"e":["b",1],"ts":1}]""", actual, equal);

    [Theory]
    [InlineData("""[{"e":["a",1],"ts":1},{"w":1}]""", true)]
    [InlineData("""[{"w":1},{"e":["a",1],"ts":1}]""", false)]
    public void Rule_5_order_is_exact_for_watermarks(string actual, bool equal) =>
        Check("watermarks", "{}", """{"e":["a",1,1]}""", """[{"e":["a",1],"ts":1},{"w":1}]""", actual, equal);

    [Theory]
    [InlineData("windows", Windows, """{"w":9}""", true)]
    [InlineData("windows", """{"time":"event","trigger":{"type":"never"},"listOrder":"arrival"}""", """{"w":9}""", false)]
    [InlineData("window-join", """{"kind":"coGroup"}""", """{"w":9}""", true)]
    [InlineData("state", """{"listOrder":"any"}""", """{"e":["a",["list","n","get"],0]}""", true)]
    [InlineData("state", """{"listOrder":"arrival"}""", """{"e":["a",["list","n","get"],0]}""", false)]
    [InlineData("state", """{"listOrder":"arrival"}""", """{"e":["a",["map","n","keys"],0]}""", true)]
    [InlineData("state", """{"listOrder":"any"}""", """{"e":["a",["aggregating","n","get"],0]}""", false)]
    [InlineData("ttl", """{"state":"map"}""", """{"e":["a",["keys"],0]}""", true)]
    [InlineData("ttl", """{"state":"list"}""", """{"e":["a",["get"],0]}""", false)]
    public void Rule_6_lists_without_order_are_sorted(string family, string options, string step, bool equal) =>
        Check(family, options, step, """[{"e":["a",[2,10]],"ts":1}]""", """[{"e":["a",[10,2]],"ts":1}]""", equal);

    [Fact]
    public void Rule_7_matches_are_a_multiset_but_the_records_of_a_match_have_an_order()
    {
        const string Expected = """[{"m":{"s":[0,1]},"key":"a","ts":1},{"timeout":{"s":[2]},"key":"a","ts":3}]""";

        Check("cep", "{}", """{"w":9}""", Expected, """[{"timeout":{"s":[2]},"key":"a","ts":3},{"m":{"s":[0,1]},"key":"a","ts":1}]""", true);
        Check("cep", "{}", """{"w":9}""", Expected, """[{"timeout":{"s":[2]},"key":"a","ts":3},{"m":{"s":[1,0]},"key":"a","ts":1}]""", false);
    }

    private static void Check(string family, string options, string step, string expected, string actual, bool equal)
    {
        Scenario scenario = Scenario.Parse(
            $$"""{"name":"x","family":"{{family}}","tags":[],"operator":{{options}},"input":[{{step}}],"output":[{{expected}}]}""");
        Scenario other = Scenario.Parse(
            $$"""{"name":"x","family":"{{family}}","tags":[],"operator":{{options}},"input":[{{step}}],"output":[{{actual}}]}""");

        Assert.Equal(equal, OutputComparer.Compare(scenario, 0, other.Expected[0]).Count == 0);
        Assert.Empty(OutputComparer.Compare(scenario, 0, scenario.Expected[0]));
    }
}
