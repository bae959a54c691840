namespace OrleansStream.SiloTests.Processes;

/// <summary>What silo processes find each other by.</summary>
internal interface IMembershipServer : IDisposable
{
    /// <summary>The value of <c>cluster.kind</c>.</summary>
    string Kind { get; }

    /// <summary>The value of <c>cluster.connection-string</c>.</summary>
    string ConnectionString { get; }
}
