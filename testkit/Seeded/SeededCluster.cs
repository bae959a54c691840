using OrleansStream.Checkpointing;
using OrleansStream.Engine.Checkpointing;

namespace OrleansStream.TestKit;

/// <summary>
/// A cluster for tests: as <c>LocalCluster</c>, but on the calling thread, in virtual time and in an order that a seed decides (<see cref="SeededHost"/>). Nothing runs except inside of the calls that say so.
/// One thread.
/// </summary>
public sealed class SeededCluster
{
    private readonly SeededOptions _options;
    private int _processes = 1;

    /// <summary>Creates a cluster.</summary>
    /// <param name="seed">Decides about everything that is left open.</param>
    /// <param name="store">Where jobs keep log and checkpoints, unless they are submitted with a store; null for memory.</param>
    /// <param name="options">The host's options; their seed is replaced.</param>
    public SeededCluster(long seed, ICheckpointStore? store = null, SeededOptions? options = null)
    {
        Results = new CollectedResults();
        _options = (options ?? new SeededOptions()) with { Seed = seed };
        _options = _options with { Services = _options.Services ?? new SeededServices(Results) };
        Store = store ?? new InMemoryCheckpointStore();
        Host = new SeededHost(_options);
    }

    /// <summary>The host of the present process; another one after each <see cref="Kill"/>.</summary>
    public SeededHost Host { get; private set; }

    /// <summary>Where jobs keep log and checkpoints. It survives <see cref="Kill"/>.</summary>
    public ICheckpointStore Store { get; set; }

    /// <summary>What collecting sinks have committed, unless the options have services of their own. It survives <see cref="Kill"/>.</summary>
    public CollectedResults Results { get; }

    /// <summary>The virtual time in milliseconds since the Unix epoch.</summary>
    public long NowMs => Host.NowMs;

    /// <summary>Submits a job; it runs when the cluster is run.</summary>
    /// <param name="name">The job's name, unless the options give one.</param>
    /// <param name="create">Makes a job object for each call of Define.</param>
    /// <param name="options">Its options; the defaults if null, with parallelism 2. A checkpoint directory may be left out.</param>
    /// <param name="store">Where its log and checkpoints are; the cluster's if null.</param>
    /// <exception cref="OptionsException">Options are wrong.</exception>
    public SeededJob Submit(string name, Func<IStreamJob> create, JobOptions? options = null, ICheckpointStore? store = null)
    {
        options ??= new JobOptions();
        options = options with { Checkpointing = options.Checkpointing with { Directory = options.Checkpointing.Directory ?? "seeded" } };
        options.ThrowIfInvalid();
        return new SeededJob(Host, options.Name ?? name, create, options, store ?? Store, $"seeded process {_processes}");
    }

    /// <summary>Submits a job given by its Define.</summary>
    /// <param name="name">The job's name, unless the options give one.</param>
    /// <param name="define">Defines the graph; called once per subtask.</param>
    /// <param name="options">Its options.</param>
    /// <param name="store">Where its log and checkpoints are; the cluster's if null.</param>
    public SeededJob Submit(string name, Action<StreamEnvironment> define, JobOptions? options = null, ICheckpointStore? store = null) =>
        Submit(name, () => new DefinedJob(define), options, store);

    /// <summary>Runs a number of steps, or fewer if nothing is left to do.</summary>
    /// <param name="steps">How many.</param>
    public void RunSteps(int steps)
    {
        for (int i = 0; i < steps && Host.Step(); i++)
        {
        }
    }

    /// <summary>Runs until a condition holds.</summary>
    /// <param name="condition">Looked at before each step.</param>
    /// <param name="what">What is waited for, for the error.</param>
    public void RunUntil(Func<bool> condition, string what) => Host.RunUntil(condition, what);

    /// <summary>Runs everything that happens within a span of virtual time.</summary>
    /// <param name="span">The span.</param>
    public void Advance(TimeSpan span) => Host.Advance(span);

    /// <summary>Kills the process at once, as a crash would: nothing is closed, written or committed any more. The next job runs in a new process on the same stores, at the same virtual time.</summary>
    public void Kill()
    {
        Host.Crash();
        _processes++;
        Host = new SeededHost(_options with { Seed = _options.Seed + (1_000_003L * _processes), StartMs = Host.NowMs });
    }

    /// <summary>A second process that runs at the same time on the same stores, driven by its own calls.</summary>
    public SeededCluster AnotherProcess()
    {
        _processes++;
        return new SeededCluster(_options.Seed + (1_000_003L * _processes), Store, _options with { StartMs = Host.NowMs }) { _processes = _processes };
    }
}
