namespace OrleansStream;

/// <summary>Says that code runs inside of the call of a key, so that what would wait for another call can be refused there.</summary>
internal sealed record KeyCallScope(string Job, string Operator, string Key)
{
    private static readonly AsyncLocal<KeyCallScope?> s_current = new();

    /// <summary>The call that the code at hand belongs to; null outside of any.</summary>
    public static KeyCallScope? Current => s_current.Value;

    public static void Enter(KeyCallScope scope) => s_current.Value = scope;

    public static void Leave() => s_current.Value = null;
}
