namespace OrleansStream.Engine.Windowing;

/// <summary>What a window keeps of its records, and what its function sees of that. The operator is closed over the implementation.</summary>
internal interface IWindowFold<TIn, TContents, TElement>
{
    TContents Create();

    void Add(ref TContents contents, in TIn value, long timestamp);

    /// <summary>Adds what a later window had, which is not used any more.</summary>
    void Merge(ref TContents into, in TContents from);

    /// <summary>What the function sees; valid until the next call.</summary>
    IReadOnlyList<TElement> BeginFiring(ref TContents contents, TimeWindow window);

    /// <summary>After the function.</summary>
    /// <returns>Whether nothing is left of the contents.</returns>
    bool EndFiring(ref TContents contents, TimeWindow window);
}
