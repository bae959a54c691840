namespace OrleansStream.Architecture;

/// <summary>Checks a rule and names all that break it.</summary>
internal static class Rule
{
    public static void HasNoBreach<T>(IEnumerable<T> breaches)
    {
        string[] found = [.. breaches.Select(breach => breach?.ToString() ?? "")];
        if (found.Length > 0)
        {
            Assert.Fail($"{found.Length} breach{(found.Length == 1 ? "" : "es")} of the rule:\n" + string.Join("\n", found));
        }
    }
}
