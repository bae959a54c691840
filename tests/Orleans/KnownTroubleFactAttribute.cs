namespace OrleansStream.Orleans.Tests;

/// <summary>A test that fails now and then for a reason that is not found yet: runs when OSTEST_KNOWN_TROUBLE is set, else it is left out, and said so.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KnownTroubleFactAttribute : FactAttribute
{
    public KnownTroubleFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("OSTEST_KNOWN_TROUBLE") is null)
        {
            Skip = "It fails in one run of four, which is not explained yet (docs/silos.md). Set OSTEST_KNOWN_TROUBLE to run it.";
        }
    }
}
