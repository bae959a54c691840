using OrleansStream.Checkpointing;

namespace OrleansStream.Grains;

/// <summary>The options of a silo that runs jobs. Checked when the silo starts, all mistakes at once.</summary>
public sealed class OrleansStreamSiloOptions
{
    /// <summary>The name of the grain storage provider that keeps the dispatcher's list of jobs. In memory unless the silo registers a provider of this name.</summary>
    public const string StorageName = "OrleansStream";

    /// <summary>Where checkpoints and logs of jobs go that give no <c>checkpointing.directory</c>. All silos must see the same files there. Default: none, and such a job is refused.</summary>
    public string? CheckpointDirectory { get; set; }

    /// <summary>Worker threads, and the silo's share of subtasks. Default: the number of processor cores.</summary>
    public int Workers { get; set; } = Environment.ProcessorCount;

    /// <summary>
    /// How often a silo tells the grains of jobs that it has subtasks of them. A silo whose calls fail, and which has been silent for three times this, counts as lost. Default: 1 s. How a job's master and its
    /// subtasks watch each other are options of the job, <c>taskhost.heartbeat</c> and <c>taskhost.lease</c>.
    /// </summary>
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often the dispatcher looks for jobs that nobody runs; at least the shortest period of the reminder service. Default: 1 min.</summary>
    public TimeSpan RecoveryPeriod { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a question or message to a key is tried while the job starts or restarts, before the asker is told. Default: 20 s.</summary>
    public TimeSpan KeyPatience { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>Opens the checkpoint store of a directory; every silo must see the same files. Default: a directory of the file system.</summary>
    public Func<string, ICheckpointStore> OpenStore { get; set; } = directory => new Hosting.Checkpointing.FileSystemCheckpointStore(directory);

    internal IReadOnlyList<string> Validate()
    {
        List<string> errors = [];
        void Check(bool ok, string option, object? value, string rule)
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        }

        Check(Workers is >= 1 and <= 1024, nameof(Workers), Workers, "must be from 1 to 1024");
        Check(Heartbeat >= TimeSpan.FromMilliseconds(10), nameof(Heartbeat), Heartbeat, "must be at least 10 ms");
        Check(RecoveryPeriod > TimeSpan.Zero, nameof(RecoveryPeriod), RecoveryPeriod, "must be positive");
        Check(KeyPatience >= TimeSpan.Zero, nameof(KeyPatience), KeyPatience, "must not be negative");
        Check(CheckpointDirectory is null || !string.IsNullOrWhiteSpace(CheckpointDirectory), nameof(CheckpointDirectory), CheckpointDirectory, "must not be blank; leave it out for none");
        Check(OpenStore is not null, nameof(OpenStore), null, "must be given");
        return errors;
    }
}
