namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Windows of event time written straight from the rules, as slow as they may be.</summary>
internal interface IWindowModel
{
    /// <summary>All results so far, in the order in which they are made.</summary>
    List<string> Outputs { get; }

    /// <summary>The ids of the records that were late.</summary>
    List<long> Late { get; }

    void Add(Item item);

    void Watermark(long watermark);
}
