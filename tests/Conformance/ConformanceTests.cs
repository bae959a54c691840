using OrleansStream.Conformance.Comparing;
using OrleansStream.Conformance.Drivers;
using OrleansStream.Conformance.Model;
using Xunit.Abstractions;

namespace OrleansStream.Conformance;

/// <summary>Runs every scenario that a driver covers, and says how many none covers.</summary>
public sealed class ConformanceTests(ITestOutputHelper output)
{
    public static TheoryData<string, string, RunMode> Covered()
    {
        TheoryData<string, string, RunMode> data = [];
        foreach (Scenario scenario in ScenarioFiles.Families.Values.SelectMany(scenarios => scenarios))
        {
            if (FamilyDrivers.WhyNotCovered(scenario) is null)
            {
                foreach (RunMode mode in FamilyDrivers.Modes(scenario.Family))
                {
                    data.Add(scenario.Family, scenario.Name, mode);
                }
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Covered))]
    public void Scenario_gives_what_flink_gives(string family, string name, RunMode mode)
    {
        Scenario scenario = ScenarioFiles.Find(family, name);
        using IScenarioDriver driver = FamilyDrivers.Create(scenario, mode);

        if (ScenarioRunner.Run(scenario, driver, restoreAtEveryStep: mode == RunMode.RestoredAtEveryStep) is { } wrong)
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

            if (byReason[""].Any())
            {
                output.WriteLine($"{family}:   each run {string.Join(", ", FamilyDrivers.Modes(family))}");
            }

            foreach (IGrouping<string, Scenario> reason in byReason.Where(reason => reason.Key.Length > 0))
            {
                output.WriteLine($"{family}: not covered: {reason.Count()} ({reason.Key})");
            }
        }

        Assert.NotEmpty(ScenarioFiles.Families);
    }
}
