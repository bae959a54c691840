using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Drivers;

/// <summary>The drivers that there are. A family gets its driver by an entry here; the rest follows.</summary>
public static class FamilyDrivers
{
    private static readonly Dictionary<string, FamilyDriver> ByFamily = new()
    {
        ["watermarks"] = new FamilyDriver(scenario => WatermarksDriver.Create(scenario), _ => null),
    };

    /// <summary>Why a scenario cannot be run; null if it can.</summary>
    /// <param name="scenario">The scenario.</param>
    public static string? WhyNotCovered(Scenario scenario) =>
        ByFamily.TryGetValue(scenario.Family, out FamilyDriver? driver) ? driver.WhyNot(scenario) : "the family has no driver yet";

    /// <summary>Creates a driver.</summary>
    /// <param name="scenario">A scenario that is covered.</param>
    public static IScenarioDriver Create(Scenario scenario) => ByFamily[scenario.Family].Create(scenario);

    /// <summary>The driver of a family.</summary>
    /// <param name="Create">Creates a driver for a scenario.</param>
    /// <param name="WhyNot">Why a scenario of the family is left out, in a few words that are the same for all of a kind; null if it is covered.</param>
    private sealed record FamilyDriver(Func<Scenario, IScenarioDriver> Create, Func<Scenario, string?> WhyNot);
}
