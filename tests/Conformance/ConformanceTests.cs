using OrleansStream.Conformance.Comparing;
using OrleansStream.Conformance.Drivers;
using OrleansStream.Conformance.Model;
using Xunit.Abstractions;

namespace OrleansStream.Conformance;

/// <summary>Runs every scenario that a driver covers, and says how many none covers.</summary>
public sealed class ConformanceTests(ITestOutputHelper output)
{
    public static TheoryData<string, string> Covered()
    {
        TheoryData<string, string> data = [];
        foreach (Scenario scenario in ScenarioFiles.Families.Values.SelectMany(scenarios => scenarios))
        {
            if (FamilyDrivers.WhyNotCovered(scenario) is null)
            {
                data.Add(scenario.Family, scenario.Name);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Covered))]
    public void Scenario_gives_what_flink_gives(string family, string name)
    {
        Scenario scenario = ScenarioFiles.Find(family, name);
        using IScenarioDriver driver = FamilyDrivers.Create(scenario);

        if (ScenarioRunner.Run(scenario, driver) is { } wrong)
        {
            Assert.Fail(wrong);
        }
    }

    [Fact]
    public void Coverage_is_reported()
    {
        foreach ((string family, IReadOnlyList<Scenario> scenarios) in ScenarioFiles.Families)
        {
            ILookup<string, Scenario> byReason = scenarios.ToLookup(scenario => FamilyDrivers.WhyNotCovered(scenario) ?? "");
            output.WriteLine($"{family}: covered: {byReason[""].Count()} of {scenarios.Count}");
            foreach (IGrouping<string, Scenario> kind in byReason[""].GroupBy(scenario => scenario.Text("kind") ?? "").Where(kind => kind.Key.Length > 0))
            {
                output.WriteLine($"{family}:   {kind.Key}: {kind.Count()}");
            }

            foreach (IGrouping<string, Scenario> reason in byReason.Where(reason => reason.Key.Length > 0))
            {
                output.WriteLine($"{family}: not covered: {reason.Count()} ({reason.Key})");
            }
        }

        Assert.NotEmpty(ScenarioFiles.Families);
    }
}
