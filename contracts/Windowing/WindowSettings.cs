namespace OrleansStream;

/// <summary>How records are grouped into windows and when these fire.</summary>
internal sealed record WindowSettings<T>(WindowAssigner Assigner)
{
    public long LatenessMs { get; init; }

    /// <summary>Where late records go; of partial results those that they are made of.</summary>
    public OutputTag? Late { get; init; }

    /// <summary>Null for the assigner's default.</summary>
    public Trigger? Trigger { get; init; }

    public Evictor<T>? Evictor { get; init; }

    /// <summary>Whether a firing drops the contents.</summary>
    public bool IsDiscarding { get; init; }

    /// <summary>Whether each window is just aggregated and fires at its end.</summary>
    public bool IsPlain => Trigger is null && Evictor is null && !IsDiscarding;

    /// <summary>Whether nothing but a watermark makes the windows fire.</summary>
    public bool WaitForWatermarks => Assigner.IsEventTime && Trigger is null;

    /// <summary>Refuses settings with which windows never fire, or that say nothing.</summary>
    public void RequireMeaning()
    {
        if (Trigger is null && Assigner.DefaultTrigger is NeverTrigger)
        {
            throw new JobDefinitionException(
                $"The windows '{Assigner}' never end, so without a trigger none of them ever fires. Call Trigger, for example Trigger.Count(100); Trigger.Never() if nothing is to come.");
        }

        if (!Assigner.IsEventTime && (LatenessMs > 0 || Late is not null))
        {
            throw new JobDefinitionException(
                $"{(LatenessMs > 0 ? $"AllowLateness({TimeSpan.FromMilliseconds(LatenessMs)})" : $"SideOutputLate({Late!.Name})")} says nothing about the windows '{Assigner}': only in windows of event time, which end, can a record be late. Leave it out.");
        }
    }

    /// <summary>Why a side output of windows without a function would stay empty; null if late records go there.</summary>
    public string? WhyEmpty(OutputTag tag) =>
        Late is null ? "the windows have none. Call SideOutputLate before Aggregate or Reduce"
        : Late.Name != tag.Name || Late.RecordType != tag.RecordType ? $"the only one of the windows is {Late}, of their late records. Use one OutputTag for both"
        : null;

    public override string ToString() =>
        $"{Assigner} lateness={LatenessMs}{(Trigger is null ? "" : $" trigger={Trigger}")}{(Evictor is null ? "" : $" evictor={Evictor.GetType().Name}")}{(IsDiscarding ? " discarding" : "")}";
}
