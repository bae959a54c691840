namespace OrleansStream.Engine.Patterns;

/// <summary>
/// Builds the automaton of a pattern, from its end to its beginning. States of a repeated step: one for each repetition that must or may come, and one that loops if they are endless. What must not
/// come is an edge to a stop state; it holds until the next step that is not optional has its event, so an optional step after it leads to copies of the states behind, without that edge.
/// </summary>
internal sealed class PatternCompiler<T>
{
    private readonly Pattern<T> _pattern;
    private readonly PatternConditions<T> _conditions;
    private readonly List<PatternState> _states = [];
    private readonly List<string> _names = [];
    private readonly Dictionary<int, int> _created = [];
    private readonly Dictionary<string, PatternState> _stops = new(StringComparer.Ordinal);
    private readonly Dictionary<PatternState, PatternState> _untilCopies = [];
    private readonly Dictionary<PatternStep<T>, bool> _isFirstOfLoop = new(ReferenceEqualityComparer.Instance);
    private IReadOnlyList<PatternStep<T>> _steps;
    private int _at;
    private PatternStep<T>? _following;
    private PatternStep<T>? _group;

    private PatternCompiler(Pattern<T> pattern)
    {
        _pattern = pattern;
        _conditions = new PatternConditions<T>(pattern);
        _steps = pattern.Steps;
        _at = _steps.Count - 1;
    }

    private PatternStep<T> Current => _steps[_at];

    private bool IsHeadOfGroup => _group is not null && _at == 0;

    public static PatternGraph<T> Compile(PatternSettings<T> settings) => new PatternCompiler<T>(settings.Pattern).Compile(settings.ToString());

    private PatternGraph<T> Compile(string description)
    {
        PatternState final = New(null, PatternStateKind.Final, takes: false);
        PatternState start = Convert(Middle(final));
        _states.ForEach(state => state.Complete(_states.Count));
        return new PatternGraph<T>([.. _states], start, [.. _names], _conditions.ToArray(), _pattern.WithinMs ?? 0, description);
    }

    /// <summary>The states of all steps but the first, of the whole pattern or of a group.</summary>
    private PatternState Middle(PatternState sink)
    {
        PatternState last = sink;
        for (; _at > 0; _at--)
        {
            PatternStep<T> step = Current;
            switch (step.Link)
            {
                case PatternLink.NotFollowedBy when last.IsFinal:
                    PatternState pending = New(step, PatternStateKind.Pending, takes: true);
                    pending.Add(PatternAction.Proceed, StopOf(step), Take(step));
                    AddUnless(pending, PatternAction.Ignore, pending, Take(step));
                    last = pending;
                    break;
                case PatternLink.NotFollowedBy:
                    // An edge to the stop state, from the states around it.
                    break;
                case PatternLink.NotNext:
                    PatternState notNext = New(step, PatternStateKind.Normal, takes: true);
                    // At the end it takes an event that does not fit to know it, so that one is skipped.
                    AddUnless(notNext, last.IsFinal ? PatternAction.Ignore : PatternAction.Proceed, last, Take(step));
                    notNext.Add(PatternAction.Proceed, StopOf(step), Take(step));
                    last = notNext;
                    break;
                default:
                    last = Convert(last);
                    break;
            }

            _following = step;
        }

        return last;
    }

    private PatternState Convert(PatternState sink)
    {
        PatternState state;
        if (Current.IsEndless)
        {
            SetFirstOfLoop(false);
            PatternState looping = Looping(WithoutEarlierNots(sink));
            SetFirstOfLoop(true);
            state = Repeated(looping, sink, Current.Least, Current.Least);
        }
        else
        {
            state = Current.IsRepeated ? Repeated(sink, sink, Current.Least, Current.Most!.Value) : Single(sink, sink, Take(Current), Skip(), IsOptional(), isFirst: true);
        }

        AddStops(state);
        return state;
    }

    private PatternState Repeated(PatternState sink, PatternState proceed, int least, int most)
    {
        PatternStep<T> step = Current;
        PatternState last = sink;
        SetFirstOfLoop(false);
        PatternGuard? skip = Unless(SkipBetween(), step.Until);
        PatternGuard take = Unless(Take(step), step.Until)!;
        if (step.IsGreedy && least != most)
        {
            KeepForUntil(sink);
            LetGoFirst(sink, take);
        }

        for (int i = least; i < most; i++)
        {
            last = Single(last, proceed, take, skip, isOptional: true, isFirst: false);
            AddStopOfFollowing(last);
        }

        for (int i = 0; i < least - 1; i++)
        {
            last = Single(last, null, take, skip, isOptional: false, isFirst: false);
            AddStopOfFollowing(last);
        }

        SetFirstOfLoop(true);
        return Single(last, proceed, take, Skip(), IsOptional(), isFirst: true);
    }

    private PatternState Single(PatternState sink, PatternState? proceed, PatternGuard take, PatternGuard? skip, bool isOptional, bool isFirst)
    {
        if (Current.Group is not null)
        {
            return Grouped(sink, proceed, isOptional);
        }

        PatternState state = New(Current, PatternStateKind.Normal, takes: true);
        PatternState taken = WithoutEarlierNots(sink);
        state.Add(PatternAction.Take, taken, take);
        // The first state of a group is left out with the group; see there.
        if (isOptional && !(isFirst && IsHeadOfGroup))
        {
            AddProceed(state, proceed!);
        }

        if (skip is null)
        {
            return state;
        }

        // Once an event was skipped, an optional step is not optional any more: it waits.
        PatternState waiting = state;
        if (isOptional)
        {
            waiting = New(Current, PatternStateKind.Normal, takes: false);
            waiting.Add(PatternAction.Take, taken, take);
            waiting.Add(PatternAction.Ignore, waiting, skip);
            AddStops(waiting);
        }

        state.Add(PatternAction.Ignore, waiting, skip);
        return state;
    }

    private PatternState Looping(PatternState sink)
    {
        if (Current.Group is not null)
        {
            return LoopingGroup(sink);
        }

        PatternStep<T> step = Current;
        PatternGuard? skip = Unless(SkipBetween(), step.Until);
        PatternGuard take = Unless(Take(step), step.Until)!;
        PatternState state = New(step, PatternStateKind.Normal, takes: true);
        if (step.IsGreedy)
        {
            KeepForUntil(sink);
            AddProceed(state, sink);
            LetGoFirst(sink, Take(step));
        }
        else
        {
            state.Add(PatternAction.Proceed, sink, PatternGuard.Always);
        }

        state.Add(PatternAction.Take, state, take);
        AddStopOfFollowing(state);
        if (skip is not null)
        {
            PatternState waiting = New(step, PatternStateKind.Normal, takes: false);
            waiting.Add(PatternAction.Take, state, take);
            waiting.Add(PatternAction.Ignore, waiting, skip);
            state.Add(PatternAction.Ignore, waiting, skip);
            AddStopOfFollowing(waiting);
        }

        return state;
    }

    private PatternState Grouped(PatternState sink, PatternState? proceed, bool isOptional) => Within(() =>
    {
        PatternState first = Convert(Middle(sink));
        if (isOptional)
        {
            first.Add(PatternAction.Proceed, proceed!, PatternGuard.Always);
        }

        return first;
    });

    private PatternState LoopingGroup(PatternState sink)
    {
        PatternState end = New(Current, PatternStateKind.Normal, takes: true);
        return Within(() =>
        {
            PatternState first = Convert(Middle(end));
            first.Add(PatternAction.Proceed, sink, PatternGuard.Always);
            end.Add(PatternAction.Proceed, first, PatternGuard.Always);
            return first;
        });
    }

    private PatternState Within(Func<PatternState> build)
    {
        (IReadOnlyList<PatternStep<T>> steps, int at, PatternStep<T>? following, PatternStep<T>? group) = (_steps, _at, _following, _group);
        _group = Current;
        _steps = _group.Group!.Steps;
        _at = _steps.Count - 1;
        PatternState first = build();
        (_steps, _at, _following, _group) = (steps, at, following, group);
        return first;
    }

    // A greedy step ended by its until proceeds to a copy of what follows, in which the greed does not count.
    private void AddProceed(PatternState state, PatternState to)
    {
        PatternStep<T> step = Current;
        if (step is { IsGreedy: true, Until: { } until })
        {
            if (_untilCopies.TryGetValue(to, out PatternState? copy))
            {
                state.Add(PatternAction.Proceed, copy, _conditions.Is(until));
            }

            state.Add(PatternAction.Proceed, to, _conditions.IsNot(until));
            return;
        }

        state.Add(PatternAction.Proceed, to, PatternGuard.Always);
    }

    private void KeepForUntil(PatternState sink)
    {
        if (Current.Until is not null)
        {
            _untilCopies[sink] = CopyOf(sink);
        }
    }

    /// <summary>What a greedy step can take does not go to the step behind it.</summary>
    private void LetGoFirst(PatternState sink, PatternGuard take)
    {
        if (_conditions.Not(take) is not { } not)
        {
            sink.Edges.Clear();
            return;
        }

        foreach (PatternEdge edge in sink.Edges)
        {
            edge.Guard = edge.Guard.And(not);
        }
    }

    private PatternState CopyOf(PatternState state)
    {
        PatternState copy = New(state.Step, state.Kind);
        foreach (PatternEdge edge in state.Edges)
        {
            copy.Add(edge.Action, edge.Target == state ? copy : edge.Target, edge.Guard);
        }

        return copy;
    }

    private PatternState WithoutEarlierNots(PatternState sink)
    {
        List<PatternStep<T>> nots = EarlierNots();
        return nots.Count == 0 || !Current.IsOptional ? sink : WithoutNots(sink, nots);
    }

    private PatternState WithoutNots(PatternState sink, List<PatternStep<T>> nots)
    {
        PatternState copy = New(sink.Step, sink.Kind);
        foreach (PatternEdge edge in sink.Edges)
        {
            if (edge.Action != PatternAction.Proceed)
            {
                copy.Add(edge.Action, edge.Target == sink ? copy : edge.Target, edge.Guard);
            }
            else if (!edge.Target.IsStop)
            {
                copy.Add(edge.Action, WithoutNots(edge.Target, nots), edge.Guard);
            }
            else if (!nots.Exists(not => _stops[not.Name] == edge.Target))
            {
                copy.Add(edge.Action, edge.Target, edge.Guard);
            }
        }

        return copy;
    }

    /// <summary>What must not come, said before the current step or before optional steps that end at it.</summary>
    private List<PatternStep<T>> EarlierNots()
    {
        List<PatternStep<T>> nots = [];
        for (int i = _at - 1; i >= 0 && (_steps[i].IsOptional || _steps[i].Link == PatternLink.NotFollowedBy); i--)
        {
            if (_steps[i].Link == PatternLink.NotFollowedBy)
            {
                nots.Add(_steps[i]);
            }
        }

        return nots;
    }

    private void AddStops(PatternState state)
    {
        foreach (PatternStep<T> not in EarlierNots())
        {
            state.Add(PatternAction.Proceed, StopOf(not), Take(not));
        }
    }

    private void AddStopOfFollowing(PatternState state)
    {
        if (_following is { Link: PatternLink.NotFollowedBy } not)
        {
            state.Add(PatternAction.Proceed, StopOf(not), Take(not));
        }
    }

    private PatternState StopOf(PatternStep<T> not)
    {
        if (!_stops.TryGetValue(not.Name, out PatternState? stop))
        {
            stop = New(not, PatternStateKind.Stop, takes: false);
            stop.Add(PatternAction.Take, stop, Take(not));
            _stops.Add(not.Name, stop);
        }

        return stop;
    }

    private void AddUnless(PatternState state, PatternAction action, PatternState target, PatternGuard guard)
    {
        if (_conditions.Not(guard) is { } not)
        {
            state.Add(action, target, not);
        }
    }

    private PatternGuard Take(PatternStep<T> step) => Unless(_conditions.Is(step.Condition), _group?.Until)!;

    /// <summary>Which events may be skipped before the first one of the current step; null for none.</summary>
    private PatternGuard? Skip()
    {
        // The first step of a group follows as the group does, and in repetitions of it as those follow one another.
        if (IsHeadOfGroup && !IsFirstOfLoop())
        {
            return Unless(SkipOf(_group!.Repetition), _group.Until);
        }

        PatternLink link = IsHeadOfGroup ? _group!.Link : Current.Link;
        return Unless(
            link switch
            {
                PatternLink.FollowedBy => SkipOf(PatternRepetition.Relaxed),
                PatternLink.FollowedByAny => PatternGuard.Always,
                _ => null,
            },
            _group?.Until);
    }

    /// <summary>Which events may be skipped between repetitions of the current step; null for none.</summary>
    private PatternGuard? SkipBetween() => Unless(SkipOf(IsHeadOfGroup ? _group!.Repetition : Current.Repetition), _group?.Until);

    private PatternGuard? SkipOf(PatternRepetition repetition) => repetition switch
    {
        PatternRepetition.Consecutive => null,
        PatternRepetition.Combinations => PatternGuard.Always,
        _ => Current.Condition is null ? null : _conditions.IsNot(Current.Condition),
    };

    private PatternGuard? Unless(PatternGuard? guard, PatternCondition<T>? until) => guard is null || until is null ? guard : _conditions.IsNot(until).And(guard);

    private bool IsOptional() => IsHeadOfGroup ? IsFirstOfLoop() && _group!.IsOptional : Current.IsOptional;

    private bool IsFirstOfLoop() => _isFirstOfLoop.GetValueOrDefault(_group!, true);

    private void SetFirstOfLoop(bool isFirst)
    {
        if (Current.Group is not null)
        {
            _isFirstOfLoop[Current] = isFirst;
        }
    }

    private PatternState New(PatternStep<T>? step, PatternStateKind kind, bool takes)
    {
        PatternState state = New(step is null || step.Group is not null ? -1 : StepOf(step.Name), kind);
        // Of a repeated step the last repetition is not bound to the one before it, as in Flink.
        if (takes && step?.WithinPreviousMs is { } ms && (!step.IsRepeated || _created[state.Step] > 1))
        {
            state.WithinPreviousMs = ms;
        }

        return state;
    }

    private PatternState New(int step, PatternStateKind kind)
    {
        PatternState state = new(_states.Count, step, kind);
        _created[step] = _created.GetValueOrDefault(step) + 1;
        _states.Add(state);
        return state;
    }

    private int StepOf(string name)
    {
        int at = _names.IndexOf(name);
        if (at < 0)
        {
            at = _names.Count;
            _names.Add(name);
        }

        return at;
    }
}
