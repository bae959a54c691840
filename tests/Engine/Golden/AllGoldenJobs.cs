namespace OrleansStream.Engine.Tests.GoldenJobs;

internal static class AllGoldenJobs
{
    private static readonly GoldenJob[] s_all =
    [
        StatelessJobs.Chain(), StatelessJobs.Edges(), StatelessJobs.Union(),
        KeyedJobs.Running(), KeyedJobs.States(), KeyedJobs.Connected(), KeyedJobs.Unkeyed(),
        WindowJobs.Tumbling(), WindowJobs.Sliding(), WindowJobs.Late(), WindowJobs.Nested(),
        CombineJobs.OnTime(), CombineJobs.Late(),
        AsyncJobs.LookUps(), GrainJobs.Accounts(),
        JoinJobs.Sessions(), JoinJobs.WindowAll(), JoinJobs.InWindows(), JoinJobs.BetweenTimes(), JoinJobs.Anytime(),
        PatternJobs.LowThenHigh(), BroadcastJobs.Limits(),
    ];

    public static IEnumerable<string> Names => s_all.Select(j => j.Name);

    public static IEnumerable<string> WithKeyedFunctions => s_all.Where(j => j.HasKeyedFunctions()).Select(j => j.Name);

    public static GoldenJob Find(string name) => s_all.Single(j => j.Name == name);
}
