namespace OrleansStream.Conformance.Drivers;

/// <summary>How a scenario is run; the outputs are the same.</summary>
public enum RunMode
{
    /// <summary>As the scenario says.</summary>
    Plain,

    /// <summary>With a snapshot and a restore after every step too.</summary>
    RestoredAtEveryStep,

    /// <summary>With an output that takes one record at a time and refuses every other call, and a restore at every suspension.</summary>
    Attacked,

    /// <summary>Windows whose aggregate has no Merge, attacked.</summary>
    AttackedWithoutMerge,

    /// <summary>Windows in the operator that knows every kind, also where there is a faster one, attacked.</summary>
    AttackedGeneral,
}
