using OrleansStream.Checkpointing;
using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Checkpointing;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;
using OrleansStream.Serialization;

namespace OrleansStream.TestKit;

/// <summary>
/// What harnesses have in common: the clock, the outputs, snapshots. Used from one thread; every call returns when the operator has done all that follows from it. An exception of the
/// operator comes out of the call that caused it; the harness cannot be used afterwards.
/// </summary>
/// <typeparam name="TSelf">The harness, so that calls can be strung together.</typeparam>
/// <typeparam name="TOut">The type of the records of the main output.</typeparam>
public abstract partial class OperatorHarnessBase<TSelf, TOut> : IDisposable where TSelf : OperatorHarnessBase<TSelf, TOut>
{
    private const string Uid = "operator";
    private const int SuspensionsInVain = 1000;
    private readonly Func<OperatorSetup, Operator> _create;
    private readonly SerializerRegistry _serializers;
    private readonly HarnessHost _host;
    private readonly InMemoryCheckpointStore _store = new();
    private readonly List<HarnessSide> _sides = [];
    private readonly List<HarnessGate> _sideGates = [];
    private readonly List<HarnessOutput> _log = [];
    private readonly List<TOut> _output = [];
    private readonly List<long> _watermarks = [];
    private readonly List<HarnessSnapshot> _snapshots = [];
    private HarnessInput[] _inputs = [];
    private HarnessSubtask[] _subtasks = [];
    private WatermarkValve _outputValve = null!;
    private long _lastWatermark = long.MinValue;
    private bool _isIdle;
    private readonly HashSet<int> _ended = [];
    private bool _hasEnded;
    private int _taken;
    private int _suspensions;
    private long _lastSnapshot;

    private protected OperatorHarnessBase(HarnessOptions? options, Func<OperatorSetup, Operator> create)
    {
        Options = options ?? new HarnessOptions();
        KeyGroupsCheck(Options.Parallelism);
        _create = create;
        _serializers = Options.Serializers ?? SerializerRegistry.CreateDefault();
        _host = new HarnessHost(Options.Services, Options.StartMs);
        Gate = new HarnessGate(Options.Attack);
    }

    /// <summary>The options.</summary>
    public HarnessOptions Options { get; }

    /// <summary>The records of the main output so far, in order.</summary>
    public IReadOnlyList<TOut> Output => _output;

    /// <summary>The watermarks that have left the operator; of several subtasks, what a subtask behind them would see.</summary>
    public IReadOnlyList<long> Watermarks => _watermarks;

    /// <summary>All that has left the operator, in order.</summary>
    public IReadOnlyList<HarnessOutput> Log => _log;

    /// <summary>How many subtasks there are.</summary>
    public int Parallelism => _subtasks.Length == 0 ? Options.Parallelism : _subtasks.Length;

    /// <summary>How often the operator was suspended because its output refused something.</summary>
    public int Suspensions => _suspensions;

    /// <summary>The clock.</summary>
    public long NowMs => _host.NowMs;

    /// <summary>The counts of the first subtask's operator: late records and the like.</summary>
    public OperatorMetrics Metrics => MetricsOf(0);

    /// <summary>Refuses and takes what leaves the main output. With a budget the operator is suspended in the middle of what it does, and can be snapshotted there.</summary>
    internal HarnessGate Gate { get; }

    /// <summary>Whether snapshots may be taken in mid-batch: not for operators whose time is not state.</summary>
    internal bool IsRestorable { get; init; } = true;

    private protected IReadOnlyList<HarnessPort> Ports(int input)
    {
        Open();
        return [.. _subtasks.Select(s => s.Ports[input])];
    }

    /// <summary>The counts of a subtask's operator since the last restore.</summary>
    /// <param name="subtask">The subtask, from 0.</param>
    public OperatorMetrics MetricsOf(int subtask)
    {
        Open();
        return _subtasks[subtask].Operator.Metrics;
    }

    /// <summary>Reads a side output; to be called before anything is sent.</summary>
    /// <typeparam name="TSide">The type of its records.</typeparam>
    /// <param name="tag">Which one.</param>
    public TSelf WithSideOutput<TSide>(OutputTag<TSide> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        if (_subtasks.Length > 0)
        {
            throw new InvalidOperationException($"WithSideOutput({tag}) comes too late: the operator was opened with the first call. Call it right after OperatorHarness.For.");
        }

        _sides.Add(new HarnessSide<TSide>(tag));
        _sideGates.Add(new HarnessGate(Options.Attack));
        return Self;
    }

    /// <summary>The records of a side output so far.</summary>
    /// <typeparam name="TSide">The type of its records.</typeparam>
    /// <param name="tag">Which one; it was given to <see cref="WithSideOutput"/>.</param>
    public IReadOnlyList<TSide> SideOutput<TSide>(OutputTag<TSide> tag)
    {
        ArgumentNullException.ThrowIfNull(tag);
        return _sides.Find(s => s.Tag.Name == tag.Name) is HarnessSide<TSide> side
            ? side.Records
            : throw new InvalidOperationException($"Nobody reads the side output {tag}: call WithSideOutput with it right after OperatorHarness.For.");
    }

    /// <summary>What has left the operator since this was last called.</summary>
    public IReadOnlyList<HarnessOutput> TakeLog()
    {
        HarnessOutput[] since = [.. _log.Skip(_taken)];
        _taken = _log.Count;
        return since;
    }

    /// <summary>Sets the clock, and fires what is due then.</summary>
    /// <param name="ms">Milliseconds; not earlier than <see cref="NowMs"/>.</param>
    public TSelf At(long ms)
    {
        if (ms < NowMs)
        {
            throw new ArgumentOutOfRangeException(nameof(ms), ms, $"The clock stands at {NowMs} and does not go back.");
        }

        Open();
        while (NextCallMs() is long next && next <= ms)
        {
            _host.NowMs = Math.Max(_host.NowMs, next);
            if (_host.Time.Due > 0)
            {
                VirtualCall.WithoutContext(() => _host.Time.Fire(0));
            }

            Drive();
        }

        _host.NowMs = ms;
        return Drive();
    }

    /// <summary>Moves the clock on, and fires what is due then.</summary>
    /// <param name="by">By how much; not negative.</param>
    public TSelf AdvanceClock(TimeSpan by) => At(NowMs + (long)by.TotalMilliseconds);

    /// <summary>
    /// Takes a snapshot as a barrier does, throws the operator away, and restores a fresh one from the snapshot, with another number of subtasks if given. Nothing leaves the operator by
    /// that, and nothing changes later.
    /// </summary>
    /// <param name="parallelism">The new number of subtasks; null for as many as before.</param>
    public TSelf SnapshotAndRestore(int? parallelism = null) => Restore(Snapshot(), parallelism);

    /// <summary>Takes a snapshot; the operator goes on.</summary>
    public HarnessSnapshot Snapshot()
    {
        Open();
        long id = ++_lastSnapshot;
        List<(HarnessSubtask Subtask, SnapshotCollector Collector)> open = [];
        foreach (HarnessSubtask subtask in _subtasks)
        {
            Settle(subtask);
            SnapshotCollector collector = new(id);
            subtask.Operator.OnBarrier(new CheckpointBarrier(id, "harness"), collector);
            AddInFlight(subtask, collector);
            open.Add((subtask, collector));
        }

        // All subtasks describe the same states.
        IReadOnlyList<StateDescription> states = open[0].Collector.Descriptions[Uid];
        OperatorMetadata metadata = new(Uid, Options.Name, _subtasks.Length, Options.MaxParallelism, states);
        HarnessSnapshot snapshot = new(_store, id, metadata, [.. open]);
        _snapshots.Add(snapshot);
        return snapshot;
    }

    /// <summary>Throws the operator away, as a failure does, and restores a fresh one from an earlier snapshot. What has left the operator since stays in <see cref="Output"/>.</summary>
    /// <param name="snapshot">From <see cref="Snapshot"/> of this harness.</param>
    /// <param name="parallelism">The new number of subtasks; null for as many as the snapshot has.</param>
    public TSelf Restore(HarnessSnapshot snapshot, int? parallelism = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Rebuild(snapshot, parallelism ?? snapshot.Parallelism);
        return Drive();
    }

    /// <summary>Closes the operator.</summary>
    public void Dispose()
    {
        CloseSubtasks();
        GC.SuppressFinalize(this);
    }

    private protected void SetInputs(params HarnessInput[] inputs) => _inputs = inputs;

    private protected TSelf OnPorts(int input, int? subtask, Action<HarnessPort> action)
    {
        IReadOnlyList<HarnessPort> ports = Ports(input);
        foreach (HarnessPort port in ports)
        {
            // What was under way in a snapshot comes before what comes now.
            port.Resume();
        }

        if (subtask is { } only)
        {
            action(ports[only]);
        }
        else
        {
            foreach (HarnessPort port in ports)
            {
                action(port);
            }
        }

        return Drive();
    }

    /// <summary>Lets the subtasks do all there is to do, or all that the output takes.</summary>
    private protected TSelf Drive()
    {
        int at = 0;
        int inVain = 0;
        int logged = _log.Count;
        while (at < _subtasks.Length)
        {
            if (_subtasks[at].Run(_host.NowMs))
            {
                at++;
                continue;
            }

            _suspensions++;
            inVain = logged == _log.Count ? inVain + 1 : 0;
            logged = _log.Count;
            if (inVain > SuspensionsInVain)
            {
                throw new InvariantViolatedException(
                    $"Operator '{Options.Name}' (subtask {at}) makes no progress: it was suspended {inVain} times and nothing has left it meanwhile.");
            }

            if (!Options.Attack)
            {
                at++;
            }
            else if (IsRestorable && _suspensions % Options.SuspensionsPerRestore == 0)
            {
                HarnessSnapshot snapshot = Snapshot();
                LetDoomedGoOn();
                Rebuild(snapshot, _subtasks.Length);
                at = 0;
            }
        }

        return Self;
    }

    private TSelf Self => (TSelf)this;

    private void KeyGroupsCheck(int parallelism) => Keys.KeyGroups.Validate(Options.MaxParallelism, parallelism);

    private void Open()
    {
        if (_subtasks.Length == 0)
        {
            Build(Options.Parallelism, null, null);
        }
    }

    // What the operator does between the barrier and its end must not reach the snapshot.
    private void LetDoomedGoOn()
    {
        foreach (HarnessSubtask subtask in _subtasks)
        {
            foreach (HarnessSink sink in subtask.Sinks)
            {
                sink.IsDiscarding = true;
            }

            try
            {
                subtask.Run(_host.NowMs);
            }
            catch (UserCodeException)
            {
                // The one that goes on throws it too.
            }
        }
    }

    private void Rebuild(HarnessSnapshot snapshot, int parallelism)
    {
        KeyGroupsCheck(parallelism);
        RestoredOperator restored = snapshot.Read();
        if (parallelism != _subtasks.Length)
        {
            Gate.Forget();
            _sideGates.ForEach(gate => gate.Forget());
        }

        CloseSubtasks();
        Build(parallelism, snapshot, restored);
    }

    private void Build(int parallelism, HarnessSnapshot? snapshot, RestoredOperator? restored)
    {
        _outputValve = new WatermarkValve(parallelism);
        HarnessSubtask[] subtasks = new HarnessSubtask[parallelism];
        for (int i = 0; i < parallelism; i++)
        {
            subtasks[i] = NewSubtask(i, parallelism, restored);
        }

        _subtasks = subtasks;
        if (restored is not null)
        {
            ReadInFlight(restored, snapshot!.Parallelism);
        }
    }

    private HarnessSubtask NewSubtask(int index, int parallelism, RestoredOperator? restored)
    {
        HarnessMailbox mailbox = new(_host);
        Operator op = _create(new OperatorSetup
        {
            Owner = mailbox,
            Name = Options.Name,
            Uid = Uid,
            Subtask = index,
            Parallelism = parallelism,
            MaxParallelism = Options.MaxParallelism,
            BatchSize = Options.EffectiveBatchSize,
            Host = _host,
            Serializers = _serializers,
            Arguments = Options.Arguments,
            Job = "harness",
            Attempt = (int)_lastSnapshot + 1,
            IsRestored = restored is not null,
            RestoredCheckpoint = restored is null ? 0 : _lastSnapshot,
        });
        HarnessSink<TOut> main = new(index, Gate, LogRecord, element => LogControl(index, parallelism, element));
        ((OutputLink<TOut>)op.Links[0]).AddTarget(main);
        HarnessSink[] sinks = [main, .. _sides.Select((side, i) => side.Attach(op, index, _sideGates[i], _log.Add))];
        if (op.State is { } state)
        {
            state.Restored = restored;
        }

        op.OpenInBackground();
        op.Open();
        return new HarnessSubtask(index, op, mailbox, [.. _inputs.Select(input => input.NewPort(op))], sinks);
    }

    private void CloseSubtasks()
    {
        foreach (HarnessSnapshot snapshot in _snapshots)
        {
            snapshot.Write();
        }

        _snapshots.Clear();
        foreach (HarnessSubtask subtask in _subtasks)
        {
            subtask.Operator.BeginClosing();
            subtask.Operator.Close();
        }

        _subtasks = [];
    }

    // What calls wait for, and when they have waited for too long.
    private long NextCallMs() => Math.Min(_host.Time.NextMs, _subtasks.Length == 0 ? long.MaxValue : _subtasks.Min(s => s.Operator.NextDeadlineMs));

    private void Settle(HarnessSubtask subtask)
    {
        while (!subtask.Operator.Settle())
        {
            if (!subtask.HasMail)
            {
                throw new InvalidOperationException(
                    "A barrier waits for calls that are under way. Move the clock with At or AdvanceClock until what they wait for has come, then take the snapshot.");
            }

            subtask.TakeMail(_host.NowMs);
        }
    }

    private void AddInFlight(HarnessSubtask subtask, SnapshotCollector collector)
    {
        for (int i = 0; i < subtask.Ports.Length; i++)
        {
            DataWriter writer = new();
            subtask.Ports[i].Write(writer, _serializers);
            collector.AddBytes(Uid, InFlight($"input-{i}"), writer.ToArray());
        }

        for (int i = 0; i < subtask.Operator.Links.Count; i++)
        {
            DataWriter writer = new();
            if (subtask.Operator.Links[i].Pending > 0)
            {
                subtask.Operator.Links[i].WritePending(writer, _serializers);
            }

            collector.AddBytes(Uid, InFlight($"output-{i}"), writer.ToArray());
        }
    }

    private void ReadInFlight(RestoredOperator restored, int oldParallelism)
    {
        bool same = oldParallelism == _subtasks.Length;
        for (int i = 0; i < _inputs.Length; i++)
        {
            (int Subtask, DataReader Reader)[] readers =
                [.. restored.ReadAll(StateSectionKind.InFlight, $"input-{i}").Select(s => (s.Subtask, new DataReader(s.Bytes)))];
            HarnessPort[] ports = [.. _subtasks.Select(s => s.Ports[i])];
            foreach (HarnessPort port in ports)
            {
                if (same)
                {
                    port.Read(readers[Array.IndexOf(ports, port)].Reader);
                }
                else
                {
                    port.Read([.. restored.ReadAll(StateSectionKind.InFlight, $"input-{i}").Select(s => new DataReader(s.Bytes))]);
                }
            }

            if (!same)
            {
                foreach ((_, DataReader reader) in readers)
                {
                    HarnessPort.SkipControls(reader);
                }
            }

            _inputs[i].Reroute(readers, ports, same, _serializers);
        }

        int links = _subtasks[0].Operator.Links.Count;
        for (int i = 0; i < links; i++)
        {
            foreach ((int subtask, byte[] bytes) in restored.ReadAll(StateSectionKind.InFlight, $"output-{i}"))
            {
                if (bytes.Length > 0)
                {
                    _subtasks[subtask % _subtasks.Length].Operator.Links[i].ReadPending(new DataReader(bytes), _serializers);
                }
            }
        }
    }

    private static StateDescription InFlight(string name) => new(name, StateSectionKind.InFlight, null, null, [], []);
}
