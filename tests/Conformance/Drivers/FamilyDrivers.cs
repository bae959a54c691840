using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Drivers;

/// <summary>The drivers that there are. A family gets its driver by an entry here; the rest follows.</summary>
public static class FamilyDrivers
{
    private static readonly RunMode[] Restorable = [RunMode.Plain, RunMode.RestoredAtEveryStep, RunMode.Attacked];

    private static readonly Dictionary<string, FamilyDriver> ByFamily = new()
    {
        ["cep"] = new FamilyDriver(PatternDriver.Create, _ => null, Restorable),
        ["interval-join"] = new FamilyDriver(IntervalJoinDriver.Create, _ => null, Restorable),
        ["state"] = new FamilyDriver((_, mode) => new StateDriver(mode), _ => null, Restorable),
        ["timers"] = new FamilyDriver(TimersDriver.Create, _ => null, Restorable),
        ["ttl"] = new FamilyDriver(TtlDriver.Create, _ => null, Restorable),
        ["watermarks"] = new FamilyDriver((scenario, _) => WatermarksDriver.Create(scenario), _ => null, [RunMode.Plain]),
        ["window-join"] = new FamilyDriver(WindowJoinDriver.Create, _ => null, Restorable),
        ["windows"] = new FamilyDriver(WindowsDriver.Create, _ => null, [.. Restorable, RunMode.AttackedWithoutMerge, RunMode.AttackedGeneral]),
    };

    /// <summary>Why a scenario cannot be run; null if it can.</summary>
    /// <param name="scenario">The scenario.</param>
    public static string? WhyNotCovered(Scenario scenario) =>
        ByFamily.TryGetValue(scenario.Family, out FamilyDriver? driver) ? driver.WhyNot(scenario) : "the family has no driver yet";

    /// <summary>The ways in which the scenarios of a family are run.</summary>
    /// <param name="family">A family that has a driver.</param>
    public static IReadOnlyList<RunMode> Modes(string family) => ByFamily[family].Modes;

    /// <summary>Creates a driver.</summary>
    /// <param name="scenario">A scenario that is covered.</param>
    /// <param name="mode">How it is to be run.</param>
    public static IScenarioDriver Create(Scenario scenario, RunMode mode) => ByFamily[scenario.Family].Create(scenario, mode);

    /// <summary>The driver of a family.</summary>
    /// <param name="Create">Creates a driver for a scenario.</param>
    /// <param name="WhyNot">Why a scenario of the family is left out, in a few words that are the same for all of a kind; null if it is covered.</param>
    /// <param name="Modes">The ways in which its scenarios are run.</param>
    private sealed record FamilyDriver(Func<Scenario, RunMode, IScenarioDriver> Create, Func<Scenario, string?> WhyNot, IReadOnlyList<RunMode> Modes);
}
