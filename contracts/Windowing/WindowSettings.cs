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

    public override string ToString() =>
        $"{Assigner} lateness={LatenessMs}{(Trigger is null ? "" : $" trigger={Trigger}")}{(Evictor is null ? "" : $" evictor={Evictor.GetType().Name}")}{(IsDiscarding ? " discarding" : "")}";
}
