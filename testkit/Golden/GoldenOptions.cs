namespace OrleansStream.TestKit;

/// <summary>How a <see cref="Golden"/> job is run.</summary>
public sealed record GoldenOptions
{
    /// <summary>The name under which the job collects its output. Default: <c>out</c>.</summary>
    public string Collected { get; init; } = "out";

    /// <summary>The parallelisms of the whole runs. Default: 1 to 3.</summary>
    public IReadOnlyList<int> Parallelisms { get; init; } = [1, 2, 3];

    /// <summary>The batch sizes. Default: 1, 7 and 1024.</summary>
    public IReadOnlyList<int> BatchSizes { get; init; } = [1, 7, 1024];

    /// <summary>Parallelisms before and after a kill or stop. Default: 2 to 2, 2 to 3 and 3 to 1.</summary>
    public IReadOnlyList<(int Before, int After)> Rescales { get; init; } = [(2, 2), (2, 3), (3, 1)];

    /// <summary>How many seeds each combination is run with; the environment variable <c>OSTEST_SEEDS</c> raises it. Default: 1.</summary>
    public int Seeds { get; init; } = 1;

    /// <summary>How many ways <see cref="Golden.VerifyDrawn{T}"/> draws for each seed. Default: 6.</summary>
    public int Rounds { get; init; } = 6;

    /// <summary>The first seed. Default: 1.</summary>
    public long FirstSeed { get; init; } = 1;

    /// <summary>Whether watermarks follow every record, for results that depend on them. Default: false, and the timing varies from run to run.</summary>
    public bool WatermarkPerRecord { get; init; }

    /// <summary>Whether each run is watched for functions that change records (<see cref="RecordWatch"/>). Needs serializers for all records that are objects. Default: false.</summary>
    public bool WatchRecords { get; init; }

    /// <summary>Further options of the job.</summary>
    public JobOptions Job { get; init; } = new();

    /// <summary>The seeds of this run of the tests.</summary>
    public int SeedCount =>
        int.TryParse(Environment.GetEnvironmentVariable("OSTEST_SEEDS"), out int more) ? Math.Max(more, Seeds) : Seeds;
}
