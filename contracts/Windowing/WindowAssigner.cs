namespace OrleansStream;

/// <summary>Says into which windows a record goes.</summary>
/// <typeparam name="TWindow">The type of the windows.</typeparam>
public abstract class WindowAssigner<TWindow>
{
    private protected WindowAssigner()
    {
    }
}
