using System.Runtime.InteropServices;

namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Moves the partial matches of a key through a pattern's automaton, event by event. What it finds it leaves in <see cref="Found"/> and <see cref="TimedOut"/> for the caller. Used on the
/// subtask's thread, for one key at a time.
/// </summary>
internal sealed class PatternMatcher<T>
{
    private readonly PatternGraph<T> _graph;
    private readonly MatchSkipping _skipping;
    private readonly bool _reportsTimeouts;
    private readonly PatternTests<T> _tests;
    private readonly List<PatternEdge> _edges = [];
    private readonly Stack<PatternState> _states = new();
    private readonly List<MatchRun> _next = [];
    private readonly List<MatchRun> _kept = [];
    private readonly List<MatchRun> _complete = [];
    private readonly MatchReader<T> _reader;

    public PatternMatcher(PatternGraph<T> graph, AfterMatch afterMatch, bool reportsTimeouts)
    {
        _graph = graph;
        _skipping = new MatchSkipping(afterMatch, graph.Steps);
        _reportsTimeouts = reportsTimeouts;
        _tests = new PatternTests<T>(graph);
        _reader = new MatchReader<T>(graph.Steps);
    }

    /// <summary>The matches that the last call found, in order.</summary>
    public List<PatternMatch<T>> Found { get; } = [];

    /// <summary>The partial matches whose time was over in the last call, with that time.</summary>
    public List<(PatternMatch<T> Match, long Time)> TimedOut { get; } = [];

    /// <summary>Whether the times of partial matches are also looked at between the steps.</summary>
    public bool HasWithinPrevious => _graph.States.Any(state => state.WithinPreviousMs > 0);

    /// <summary>When the time of the first partial match is over; never, if there is no limit.</summary>
    public long NextTimeout(KeyMatches<T> key)
    {
        long earliest = KeyMatches<T>.Never;
        if (_graph.WithinMs > 0)
        {
            foreach (MatchRun run in key.Runs)
            {
                earliest = run.IsStart ? earliest : Math.Min(earliest, Later(run.Start, _graph.WithinMs));
            }
        }

        return earliest;
    }

    /// <summary>Gives up the partial matches whose time is over at a time; what ends with an absence is complete then.</summary>
    public void AdvanceTo(KeyMatches<T> key, long time)
    {
        // Most often no time is over, and all stays as it is.
        if (key.Held.Count == 0 && !IsAnyOver(key, time))
        {
            return;
        }

        foreach (MatchRun run in key.Runs)
        {
            PatternState state = _graph.States[run.State];
            if (!IsOver(in run, state, time, out bool isPrevious))
            {
                RunHeap.Add(_next, in run);
            }
            else if (state.Kind == PatternStateKind.Pending)
            {
                RunHeap.Add(_complete, in run);
            }
            else
            {
                if (_reportsTimeouts)
                {
                    TimedOut.Add((_reader.Read(key, run.Node), isPrevious ? Later(run.Previous, state.WithinPreviousMs) : Later(run.Start, _graph.WithinMs)));
                }

                MatchBuffer.Release(key, run.Node);
            }
        }

        TakeNext(key);
        EmitHeld(key);
    }

    private bool IsAnyOver(KeyMatches<T> key, long time)
    {
        foreach (ref readonly MatchRun run in CollectionsMarshal.AsSpan(key.Runs))
        {
            if (IsOver(in run, _graph.States[run.State], time, out _))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsOver(in MatchRun run, PatternState state, long time, out bool isPrevious)
    {
        isPrevious = !run.IsStart && state.WithinPreviousMs > 0 && Later(run.Previous, state.WithinPreviousMs) <= time;
        return isPrevious || (!run.IsStart && _graph.WithinMs != 0 && Later(run.Start, _graph.WithinMs) <= time);
    }

    /// <summary>Looks at an event; events of a key come in order of time.</summary>
    public void Feed(KeyMatches<T> key, in T value, long timestamp)
    {
        long sequence = key.Sequence++;
        int eventAt = -1;
        if (key.Runs.Count == 0)
        {
            key.Runs.Add(MatchRun.StartIn(_graph.Start.Index));
        }

        _tests.Begin(in value);
        foreach (MatchRun run in key.Runs)
        {
            Step(key, in run, _graph.States[run.State], in value, timestamp, sequence, ref eventAt);
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
            foreach (MatchRun match in _complete)
            {
                Emit(key, in match);
            }

            _complete.Clear();
        }
        else if (_complete.Count > 0 || key.Held.Count > 0)
        {
            EmitHeld(key);
        }
    }

    private void TakeNext(KeyMatches<T> key)
    {
        key.Runs.Clear();
        key.Runs.AddRange(_next);
        _next.Clear();
    }

    private void Step(KeyMatches<T> key, in MatchRun run, PatternState state, in T value, long timestamp, long sequence, ref int eventAt)
    {
        _tests.Look(key, run.Node);
        CollectEdges(state);
        bool isStopped = false;
        long start = run.IsStart ? timestamp : run.Start;
        long first = run.IsStart ? sequence : run.First;
        foreach (PatternEdge edge in _edges)
        {
            if (edge.Action == PatternAction.Ignore)
            {
                if (!run.IsStart)
                {
                    Add(key, run with { State = edge.Target.Index }, edge.Target);
                }
            }
            else if (edge.Target.IsStop)
            {
                isStopped = true;
            }
            else
            {
                if (eventAt < 0)
                {
                    eventAt = MatchBuffer.AddEvent(key, in value, sequence);
                }

                MatchRun taken = new(edge.Target.Index, MatchBuffer.AddNode(key, eventAt, edge.From.Step, run.Node), start, timestamp, first);
                Add(key, taken, edge.Target);
                if (FinalBehind(edge.Target) is { } final)
                {
                    Add(key, taken with { State = final.Index }, final);
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
                RunHeap.Add(_next, in kept);
            }
        }

        _kept.Clear();
        if (run.IsStart)
        {
            RunHeap.Add(_next, in run);
        }
    }

    // What is complete stays so, whatever else the event means.
    private void Add(KeyMatches<T> key, MatchRun run, PatternState state)
    {
        MatchBuffer.Hold(key, run.Node);
        if (state.IsFinal)
        {
            RunHeap.Add(_complete, in run);
        }
        else
        {
            _kept.Add(run);
        }
    }

    private void CollectEdges(PatternState state)
    {
        _edges.Clear();
        _states.Push(state);
        while (_states.TryPop(out PatternState? at))
        {
            foreach (PatternEdge edge in at.Edges)
            {
                if (_tests.Holds(edge.Guard))
                {
                    if (edge.Action == PatternAction.Proceed)
                    {
                        _states.Push(edge.Target);
                    }
                    else
                    {
                        _edges.Add(edge);
                    }
                }
            }
        }
    }

    /// <summary>The final state, if all that is left of the pattern may be left out.</summary>
    private PatternState? FinalBehind(PatternState state)
    {
        _states.Push(state);
        while (_states.TryPop(out PatternState? at))
        {
            foreach (PatternEdge edge in at.Edges)
            {
                if (edge.Action == PatternAction.Proceed && _tests.Holds(edge.Guard))
                {
                    if (edge.Target.IsFinal)
                    {
                        _states.Clear();
                        return edge.Target;
                    }

                    _states.Push(edge.Target);
                }
            }
        }

        return null;
    }

    /// <summary>Emits what is complete, the earliest first, as long as no partial match began before it: that one could still drop it.</summary>
    private void EmitHeld(KeyMatches<T> key)
    {
        foreach (MatchRun match in _complete)
        {
            RunHeap.Add(key.Held, in match);
        }

        _complete.Clear();
        while (key.Held.Count > 0 && (key.Runs.Count == 0 || key.Held[0].First <= key.Runs[0].First))
        {
            MatchRun earliest = RunHeap.RemoveFirst(key.Held);
            if (_skipping.TryGetBound(key, earliest.Node, earliest.First, out long bound))
            {
                Prune(key, key.Runs, bound);
                Prune(key, key.Held, bound);
            }

            Emit(key, in earliest);
        }
    }

    private static void Prune(KeyMatches<T> key, List<MatchRun> runs, long bound)
    {
        int kept = 0;
        Span<MatchRun> all = CollectionsMarshal.AsSpan(runs);
        foreach (MatchRun run in all)
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
            runs.RemoveRange(kept, all.Length - kept);
            RunHeap.Restore(runs);
        }
    }

    private void Emit(KeyMatches<T> key, in MatchRun match)
    {
        Found.Add(_reader.Read(key, match.Node));
        MatchBuffer.Release(key, match.Node);
    }

    private static long Later(long time, long span) => time > long.MaxValue - span ? long.MaxValue : time + span;
}
