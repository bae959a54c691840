using System.Runtime.CompilerServices;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Windowing;

/// <content>How a window that the watermark has passed gives its results, and can be interrupted between any two of them.</content>
internal sealed partial class WindowAggregateOperator<TKey, TIn, TAcc, TOut, TResult, TAggregate>
{
    private void BeginFiring(long end)
    {
        _isFiring = true;
        _firingEnd = end;
        _inHead = true;
        _store.FiredSoFar = FiredSoFar;
        if (_combiner is null)
        {
            int at = _store.LowerBound(end - _grid.Size);
            bool exists = at < _store.Slices.Count && _store.Slices[at].End == end;
            _cursor = exists ? _store.Slices[at].Table.OpenCursor() : default;
            return;
        }

        _combiner.Prepare(end);
        _inHead = _combiner.Tail is null;
        _cursor = (_combiner.Tail ?? _combiner.Head)?.OpenCursor() ?? default;
    }

    private void EndFiring()
    {
        _isFiring = false;
        _store.FiredSoFar = null;
        _store.FiredEnd = _firingEnd;
        // Without lateness a tumbling window is dead as soon as it has fired.
        _store.DropDead(_firingEnd - 1, _latenessMs);
    }

    /// <summary>Emits the results of the firing window.</summary>
    /// <returns>False if the output became full.</returns>
    private bool Emit()
    {
        while (true)
        {
            if (_inHead && _combiner?.Tail is null && !_store.MayHaveFired(_firingEnd))
            {
                return EmitTable();
            }

            while (_cursor.MoveNext())
            {
                EmitEntry();
                if (Main.IsFull && !Advance())
                {
                    return false;
                }
            }

            if (_inHead)
            {
                return true;
            }

            _inHead = true;
            _cursor = _combiner!.Head?.OpenCursor() ?? default;
        }
    }

    /// <summary>Emits a result for each entry of the one table that the window reads, a run at a time.</summary>
    /// <returns>False if the output became full.</returns>
    private bool EmitTable()
    {
        TimeWindow window = new(_firingEnd - _grid.Size, _firingEnd);
        while (true)
        {
            int room = Math.Min(Main.Room, EmitRun);
            int n = _cursor.Read(_keys.AsSpan(0, room), _values.AsSpan(0, room));
            Batch<TResult> output = Main.Buffer;
            int at = 0;
            try
            {
                MakeResults(window, _keys.AsSpan(0, n), _values.AsSpan(0, n), output.Values.AsSpan(output.Count, n), ref at);
            }
            catch (Exception e)
            {
                throw ResultError(_firingEnd, in _keys[at], e);
            }

            output.Timestamps.AsSpan(output.Count, n).Fill(_firingEnd - 1);
            output.Count += n;
            if (RuntimeHelpers.IsReferenceOrContainsReferences<TKey>() || RuntimeHelpers.IsReferenceOrContainsReferences<TAcc>())
            {
                _keys.AsSpan(0, n).Clear();
                _values.AsSpan(0, n).Clear();
            }

            if (n < room)
            {
                return true;
            }

            if (Main.IsFull && !Advance())
            {
                return false;
            }
        }
    }

    // Apart from the try block, which would keep the position in memory.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MakeResults(TimeWindow window, ReadOnlySpan<TKey> keys, ReadOnlySpan<TAcc> accumulators, Span<TResult> results, ref int at)
    {
        Func<TimeWindow, TKey, TOut, TResult> function = _result;
        for (int i = 0; i < keys.Length && i < accumulators.Length && i < results.Length; i++)
        {
            at = i;
            TResult made = function(window, keys[i], _aggregate.Result(in accumulators[i]));
            StructCopy.Assign(ref results[i], in made);
        }
    }

    private void EmitEntry()
    {
        TKey key = _cursor.Key;
        ulong hash = _cursor.Hash;
        if (_store.HasFired(_firingEnd, in key, hash))
        {
            return;
        }

        if (_combiner is null || (_inHead && _combiner.Tail is null))
        {
            EmitResult(_firingEnd, in key, in _cursor.Value);
            return;
        }

        if (_inHead)
        {
            if (!_combiner.Tail!.TryGet(in key, hash, out _))
            {
                EmitResult(_firingEnd, in key, in _cursor.Value);
            }

            return;
        }

        if (_combiner.Head is { } head && head.TryGet(in key, hash, out TAcc? newer))
        {
            TAcc sum = _store.Copy(in _cursor.Value);
            _aggregate.Merge(ref sum, in newer);
            EmitResult(_firingEnd, in key, in sum);
            return;
        }

        EmitResult(_firingEnd, in key, in _cursor.Value);
    }

    private void EmitResult(long end, in TKey key, in TAcc accumulator)
    {
        TResult result;
        try
        {
            result = _result(new TimeWindow(end - _grid.Size, end), key, _aggregate.Result(in accumulator));
        }
        catch (Exception e)
        {
            throw ResultError(end, in key, e);
        }

        Main.Output.Emit(in result, end - 1);
    }

    private UserCodeException ResultError(long end, in TKey key, Exception e) =>
        UserError($"making the result of the window that ends at {Describe.Timestamp(end)} for key {Describe.Value(key)}", e);

    /// <summary>The keys for which the firing window has fired: those that the cursor has passed, found by walking the same way again.</summary>
    private (long End, IEnumerable<TKey> Keys) FiredSoFar()
    {
        List<TKey> keys = [];
        if (_combiner is null)
        {
            int at = _store.LowerBound(_firingEnd - _grid.Size);
            if (at < _store.Slices.Count && _store.Slices[at].End == _firingEnd)
            {
                Collect(_store.Slices[at].Table, untilCursor: true);
            }
        }
        else
        {
            if (_combiner.Tail is { } tail)
            {
                Collect(tail, untilCursor: !_inHead);
            }

            if (_inHead && _combiner.Head is { } head)
            {
                Collect(head, untilCursor: true);
            }
        }

        return (_firingEnd, keys);

        void Collect(KeyedTable<TKey, TAcc> table, bool untilCursor)
        {
            for (TableCursor<TKey, TAcc> walk = table.OpenCursor(); walk.MoveNext();)
            {
                keys.Add(walk.Key);
                if (untilCursor && walk.Hash == _cursor.Hash && EqualityComparer<TKey>.Default.Equals(walk.Key, _cursor.Key))
                {
                    walk.Close();
                    return;
                }
            }
        }
    }
}
