namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Moves the partial matches of a key through a pattern's automaton, event by event. What it finds it leaves in <see cref="Found"/> and <see cref="TimedOut"/> for the caller. Used on the
/// subtask's thread, for one key at a time.
/// </summary>
internal sealed class PatternMatcher<T>
{
    private readonly PatternState[] _states;
    private readonly int _start;
    private readonly long _withinMs;
    private readonly MatchSkipping _skipping;
    private readonly bool _reportsTimeouts;
    private readonly PatternTests<T> _tests;
    private readonly MatchReader<T> _reader;

    // What becomes of the partial matches of an event: those that go on, those of the one that is looked at, and those that are complete.
    private readonly List<MatchRun> _kept = [];
    private RunHeap _next;
    private RunHeap _complete;

    public PatternMatcher(PatternGraph<T> graph, AfterMatch afterMatch, bool reportsTimeouts)
    {
        _states = graph.States;
        _start = graph.Start.Index;
        _withinMs = graph.WithinMs;
        _skipping = new MatchSkipping(afterMatch, graph.Steps);
        _reportsTimeouts = reportsTimeouts;
        _tests = new PatternTests<T>(graph);
        _reader = new MatchReader<T>(graph.Steps);
        HasWithinPrevious = _states.Any(state => state.WithinPreviousMs > 0);
    }

    /// <summary>The matches that were found, in order, until the caller clears them.</summary>
    public List<PatternMatch<T>> Found { get; } = [];

    /// <summary>The partial matches whose time was over, with that time, until the caller clears them.</summary>
    public List<(PatternMatch<T> Match, long Time)> TimedOut { get; } = [];

    /// <summary>Whether the times of partial matches are also looked at between the steps.</summary>
    public bool HasWithinPrevious { get; }

    /// <summary>For an error, the condition that was being asked, such as <c> the Where of step 'a' with</c>; empty for none.</summary>
    public string Asking => _tests.Asking is { } title ? $" {title} with" : "";

    /// <summary>When the time of the first partial match is over; <see cref="KeyMatches{T}.Never"/>, if there is no limit.</summary>
    public long NextTimeout(KeyMatches<T> key)
    {
        long earliest = KeyMatches<T>.Never;
        if (_withinMs > 0)
        {
            foreach (ref readonly MatchRun run in key.Runs.AsSpan())
            {
                earliest = run.IsStart ? earliest : Math.Min(earliest, Later(run.Start, _withinMs));
            }
        }

        return earliest;
    }

    /// <summary>Whether a time of a partial match, also one between its steps, is over at a time.</summary>
    public bool IsAnyOver(KeyMatches<T> key, long time)
    {
        foreach (ref readonly MatchRun run in key.Runs.AsSpan())
        {
            if (IsOver(in run, time, out _))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Gives up the partial matches whose time is over at a time; what ends with an absence is complete then.</summary>
    public void AdvanceTo(KeyMatches<T> key, long time)
    {
        // Most often no time is over, and all stays as it is.
        if (IsAnyOver(key, time))
        {
            GiveUp(key, time);
        }
    }

    /// <summary>Looks at an event; events of a key come in order of time.</summary>
    public void Feed(KeyMatches<T> key, in T value, long timestamp)
    {
        long sequence = key.Sequence++;
        int eventAt = -1;
        if (key.Runs.Count == 0)
        {
            key.Runs.Add(MatchRun.StartIn(_start));
        }

        _tests.Begin(in value);
        foreach (ref readonly MatchRun run in key.Runs.AsSpan())
        {
            Step(key, in run, in value, timestamp, sequence, ref eventAt);
            MatchBuffer.Release(key, run.Node);
        }

        _tests.End();
        if (eventAt >= 0)
        {
            MatchBuffer.FreeIfUnused(key, eventAt);
        }

        TakeNext(key);
        if (_skipping.IsNone)
        {
            foreach (ref readonly MatchRun match in _complete.AsSpan())
            {
                Emit(key, in match);
            }

            _complete.Empty();
        }
        else if (_complete.Count > 0 || key.Held is not null)
        {
            EmitHeld(key);
        }
    }

    private static long Later(long time, long span) => time > long.MaxValue - span ? long.MaxValue : time + span;

    private bool IsOver(in MatchRun run, long time, out bool isPrevious)
    {
        isPrevious = HasWithinPrevious && !run.IsStart && _states[run.State].WithinPreviousMs is > 0 and long ms && Later(run.Previous, ms) <= time;
        return isPrevious || (!run.IsStart && _withinMs != 0 && Later(run.Start, _withinMs) <= time);
    }

    private void GiveUp(KeyMatches<T> key, long time)
    {
        foreach (ref readonly MatchRun run in key.Runs.AsSpan())
        {
            PatternState state = _states[run.State];
            if (!IsOver(in run, time, out bool isPrevious))
            {
                _next.Add(in run);
            }
            else if (state.Kind == PatternStateKind.Pending)
            {
                _complete.Add(in run);
            }
            else
            {
                if (_reportsTimeouts)
                {
                    TimedOut.Add((_reader.Read(key, run.Node), isPrevious ? Later(run.Previous, state.WithinPreviousMs) : Later(run.Start, _withinMs)));
                }

                MatchBuffer.Release(key, run.Node);
            }
        }

        TakeNext(key);
        EmitHeld(key);
    }

    private void TakeNext(KeyMatches<T> key)
    {
        key.Runs.Load(_next.AsSpan());
        _next.Empty();
    }

    private void Step(KeyMatches<T> key, in MatchRun run, in T value, long timestamp, long sequence, ref int eventAt)
    {
        _tests.Look(key, run.Node);
        bool isStopped = false;
        foreach (PatternEdge move in _states[run.State].Moves)
        {
            if (!_tests.Holds(move.Guard))
            {
                continue;
            }

            if (move.Action == PatternAction.Ignore)
            {
                if (!run.IsStart)
                {
                    Keep(key, new MatchRun(move.Target.Index, run.Node, run.Start, run.Previous, run.First), move.Target);
                }
            }
            else if (move.Target.IsStop)
            {
                isStopped = true;
            }
            else
            {
                if (eventAt < 0)
                {
                    eventAt = MatchBuffer.AddEvent(key, in value, sequence);
                }

                int node = MatchBuffer.AddNode(key, eventAt, move.From.Step, run.Node);
                MatchRun taken = new(move.Target.Index, node, run.IsStart ? timestamp : run.Start, timestamp, run.IsStart ? sequence : run.First);
                Keep(key, in taken, move.Target);
                if (CanEndBehind(move.Target))
                {
                    MatchBuffer.Hold(key, node);
                    _complete.Add(in taken);
                }
            }
        }

        foreach (MatchRun kept in _kept)
        {
            if (isStopped)
            {
                MatchBuffer.Release(key, kept.Node);
            }
            else
            {
                _next.Add(in kept);
            }
        }

        _kept.Clear();
        if (run.IsStart)
        {
            _next.Add(in run);
        }
    }

    // What is complete stays so, whatever else the event means.
    private void Keep(KeyMatches<T> key, in MatchRun run, PatternState state)
    {
        MatchBuffer.Hold(key, run.Node);
        if (state.IsFinal)
        {
            _complete.Add(in run);
        }
        else
        {
            _kept.Add(run);
        }
    }

    /// <summary>Whether all that is left of the pattern may be left out.</summary>
    private bool CanEndBehind(PatternState state)
    {
        foreach (PatternGuard ending in state.Endings)
        {
            if (_tests.Holds(ending))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Emits what is complete, the earliest first, as long as no partial match began before it: that one could still drop it.</summary>
    private void EmitHeld(KeyMatches<T> key)
    {
        if (_complete.Count > 0)
        {
            key.Held ??= new HeldMatches();
            foreach (ref readonly MatchRun match in _complete.AsSpan())
            {
                key.Held.Runs.Add(in match);
            }

            _complete.Empty();
        }

        while (key.Held is { Runs.Count: > 0 } held && (key.Runs.Count == 0 || held.Runs.AsSpan()[0].First <= key.Runs.AsSpan()[0].First))
        {
            MatchRun earliest = held.Runs.RemoveFirst();
            if (_skipping.TryGetBound(key, earliest.Node, earliest.First, out long bound))
            {
                Prune(key, ref key.Runs, bound);
                Prune(key, ref held.Runs, bound);
            }

            Emit(key, in earliest);
        }
    }

    private static void Prune(KeyMatches<T> key, ref RunHeap runs, long bound)
    {
        int kept = 0;
        Span<MatchRun> all = runs.AsSpan();
        foreach (ref readonly MatchRun run in all)
        {
            if (run.First < bound)
            {
                MatchBuffer.Release(key, run.Node);
            }
            else
            {
                all[kept++] = run;
            }
        }

        if (kept < all.Length)
        {
            runs.Restore(kept);
        }
    }

    private void Emit(KeyMatches<T> key, in MatchRun match)
    {
        Found.Add(_reader.Read(key, match.Node));
        MatchBuffer.Release(key, match.Node);
    }
}
