namespace OrleansStream;

/// <summary>Begins the description of a pattern of events.</summary>
public static class Pattern
{
    /// <summary>The first step of a pattern.</summary>
    /// <typeparam name="T">The type of the events.</typeparam>
    /// <param name="name">Its name, unique in the pattern; matches are read by it.</param>
    public static Pattern<T> Begin<T>(string name) => new([PatternStep<T>.Named(PatternLink.Begin, name)], null);

    /// <summary>A pattern that begins with several steps taken as one, so that they can be repeated or left out together.</summary>
    /// <typeparam name="T">The type of the events.</typeparam>
    /// <param name="group">The steps, without Within.</param>
    public static Pattern<T> Begin<T>(Pattern<T> group) => new([PatternStep<T>.Of(PatternLink.Begin, group)], null);
}
