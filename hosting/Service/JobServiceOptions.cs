namespace OrleansStream.Hosting;

/// <summary>The options of a job service: where things are, and how many there may be.</summary>
public sealed record JobServiceOptions
{
    /// <summary><c>checkpoints.directory</c>: where the logs, checkpoints and savepoints of all jobs go. In a cluster all silos share it. Required.</summary>
    public required string CheckpointDirectory { get; init; }

    /// <summary><c>packages.directory</c>: where uploaded packages are. In a cluster all silos share it. Default: null, packages are refused.</summary>
    public string? PackageDirectory { get; init; }

    /// <summary><c>packages.max-bytes</c> and <c>packages.max-files</c>: how large a package may be.</summary>
    public PackageLimits PackageLimits { get; init; } = new();

    /// <summary><c>packages.max-count</c>: how many packages there may be. Default: 100.</summary>
    public int MaxPackages { get; init; } = 100;

    /// <summary><c>jobs.max-running</c>: how many jobs may run at once. Default: 100.</summary>
    public int MaxRunning { get; init; } = 100;

    /// <summary><c>jobs.max-ended</c>: how many jobs that have ended stay in the list. Default: 100.</summary>
    public int MaxEnded { get; init; } = 100;

    /// <summary><c>jobs.max-operators</c>: how many operators a job's graph may have. Default: 1,000.</summary>
    public int MaxOperators { get; init; } = 1000;

    /// <summary><c>jobs.key-patience</c>: how long a question or message to a key is tried while its job starts or restarts, before the asker is told. Default: 20 s.</summary>
    public TimeSpan KeyPatience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What holds for options of jobs that a submission does not give.</summary>
    public JobOptions JobDefaults { get; init; } = new();

    /// <summary>Lists what is wrong, each with the option, its value and the rule; nothing if all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        void Check(bool ok, string option, object? value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        }

        Check(!string.IsNullOrWhiteSpace(CheckpointDirectory), "checkpoints.directory", CheckpointDirectory, "must be given: a directory that all silos share");
        Check(PackageDirectory is null || !string.IsNullOrWhiteSpace(PackageDirectory), "packages.directory", PackageDirectory, "must not be blank");
        Check(PackageLimits.Bytes >= 1 << 16, "packages.max-bytes", PackageLimits.Bytes, "must be at least 64 KiB (65536)");
        Check(PackageLimits.Files >= 1, "packages.max-files", PackageLimits.Files, "must be at least 1");
        Check(MaxPackages >= 1, "packages.max-count", MaxPackages, "must be at least 1");
        Check(MaxRunning >= 1, "jobs.max-running", MaxRunning, "must be at least 1");
        Check(MaxEnded >= 0, "jobs.max-ended", MaxEnded, "must not be negative");
        Check(MaxOperators >= 1, "jobs.max-operators", MaxOperators, "must be at least 1");
        Check(KeyPatience >= TimeSpan.Zero, "jobs.key-patience", OptionText.WriteDuration(KeyPatience), "must not be negative");

        // Each submission gets the directory; that there is none has been said above.
        string directory = string.IsNullOrWhiteSpace(CheckpointDirectory) ? "checkpoints" : CheckpointDirectory;
        errors.AddRange((JobDefaults with { Checkpointing = JobDefaults.Checkpointing with { Directory = directory } }).Validate());
        return errors;
    }
}
