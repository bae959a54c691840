using OrleansStream.Engine.Channels;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// Takes records and control elements from the operator before it: by a direct call in a chain, or on the way to a channel. Whoever calls keeps the batch.
/// </summary>
/// <typeparam name="T">The type of the records.</typeparam>
internal interface IReceiver<T>
{
    /// <summary>Takes records from a position of a batch on.</summary>
    /// <returns>How many were taken; fewer than there are means that the output is full: the caller offers the rest of the same batch again, later.</returns>
    int Receive(Batch<T> batch, int from);

    /// <summary>Takes a watermark, status or end of input, behind all records received so far.</summary>
    /// <returns>Whether it was dealt with wholly; if not the caller offers the same element again, later. Offering it once more than needed is harmless.</returns>
    bool Control(in Element element);
}
