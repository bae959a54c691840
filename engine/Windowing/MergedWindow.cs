namespace OrleansStream.Engine.Windowing;

/// <summary>
/// A window of a key that may grow, such as a session. What is kept about it is stored under the window that it began as, so that growing moves nothing; only when two of them become one does the contents of
/// one move to the other.
/// </summary>
/// <param name="Window">What it has grown to.</param>
/// <param name="Id">The window that its state is stored under.</param>
internal readonly record struct MergedWindow(TimeWindow Window, TimeWindow Id);
