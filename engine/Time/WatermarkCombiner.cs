using System.Diagnostics.CodeAnalysis;

namespace OrleansStream.Engine.Time;

/// <summary>
/// Combines the watermarks of the splits of a source reader, or of the inputs of an operator that has several. Called on the subtask's thread.
/// <list type="bullet">
/// <item>The output is the smallest watermark of the active inputs, and never goes back. When all are idle the largest watermark goes out, then idle.</item>
/// <item>An input that is new, or becomes active behind the output, holds the output until it has caught up: unlike a channel of <see cref="WatermarkValve"/>.</item>
/// <item>A watermark makes its input active.</item>
/// <item>Adding and removing an input, and what is deferred, shows with the next <see cref="Emit"/> or the next change that takes effect at once.</item>
/// </list>
/// Inputs have numbers, small and from 0, that the caller chooses.
/// </summary>
internal sealed class WatermarkCombiner
{
    private readonly bool _wakesWithStatus;

    // Inputs lie packed in slots 0 … _count − 1; _slots maps the number of an input to its slot + 1, 0 if there is none.
    private int[] _slots = [];
    private int[] _inputs = [];
    private long[] _watermarks = [];

    // The watermark of an active input, long.MaxValue of an idle one, so that the minimum needs no condition.
    private long[] _active = [];
    private bool[] _idle = [];
    private int _count;
    private int _idleCount;
    private bool _pending;
    private WatermarkOutput _output = new();

    private WatermarkCombiner(bool wakesWithStatus)
    {
        _wakesWithStatus = wakesWithStatus;
    }

    /// <summary>How many inputs there are.</summary>
    public int Count => _count;

    /// <summary>The last watermark that went out.</summary>
    public long Watermark => _output.Watermark;

    /// <summary>Whether the output is idle.</summary>
    public bool IsIdle => _output.IsIdle;

    /// <summary>Combines the splits of a source reader: none at first, and the output wakes up only with a watermark that rises.</summary>
    public static WatermarkCombiner ForSplits() => new(false);

    /// <summary>Combines the inputs of an operator, one behind each valve: all active, and the output wakes up as soon as an input does.</summary>
    /// <param name="inputs">How many inputs the operator has; their numbers are 0 to <paramref name="inputs"/> − 1.</param>
    public static WatermarkCombiner ForInputs(int inputs)
    {
        WatermarkCombiner combiner = new(true);
        for (int input = 0; input < inputs; input++)
        {
            combiner.Add(input);
        }

        return combiner;
    }

    /// <summary>The last watermark of an input.</summary>
    /// <param name="input">The input.</param>
    public long InputWatermark(int input) => _watermarks[Slot(input)];

    /// <summary>Whether an input is idle.</summary>
    /// <param name="input">The input.</param>
    public bool IsInputIdle(int input) => _idle[Slot(input)];

    /// <summary>Adds an active input.</summary>
    /// <param name="input">Its number.</param>
    /// <param name="watermark">The watermark it begins with.</param>
    public void Add(int input, long watermark = WatermarkChange.NoWatermark)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(input);
        if (input >= _slots.Length)
        {
            Array.Resize(ref _slots, Math.Max(4, Math.Max(input + 1, 2 * _slots.Length)));
        }

        if (_slots[input] != 0)
        {
            throw new InvariantViolatedException($"Watermark input {input} was added twice.");
        }

        int slot = _count++;
        if (slot == _watermarks.Length)
        {
            int capacity = Math.Max(4, 2 * slot);
            Array.Resize(ref _inputs, capacity);
            Array.Resize(ref _watermarks, capacity);
            Array.Resize(ref _active, capacity);
            Array.Resize(ref _idle, capacity);
        }

        _slots[input] = slot + 1;
        _inputs[slot] = input;
        _watermarks[slot] = _active[slot] = watermark;
        _idle[slot] = false;
        _pending = true;
    }

    /// <summary>Removes an input.</summary>
    /// <param name="input">The input.</param>
    public void Remove(int input)
    {
        int slot = Slot(input);
        int last = --_count;
        _idleCount -= _idle[slot] ? 1 : 0;
        _inputs[slot] = _inputs[last];
        _watermarks[slot] = _watermarks[last];
        _active[slot] = _active[last];
        _idle[slot] = _idle[last];
        _slots[_inputs[slot]] = slot + 1;
        _slots[input] = 0;
        _pending = true;
    }

    /// <summary>A watermark that takes effect at once.</summary>
    /// <param name="input">Where it came.</param>
    /// <param name="watermark">The watermark; makes the input active even if it is not higher than the last one.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnWatermark(int input, long watermark)
    {
        int slot = Slot(input);
        long before = _watermarks[slot];
        bool wasPending = _pending || _idle[slot];
        Set(slot, watermark);
        if (watermark <= before || watermark <= _output.Watermark)
        {
            _pending = wasPending;
            return WatermarkChange.None;
        }

        // Of the active inputs only one that does not exceed the output can be the one that holds it.
        return wasPending || before <= _output.Watermark ? Emit() : WatermarkChange.None;
    }

    /// <summary>A status that takes effect at once.</summary>
    /// <param name="input">Where it came.</param>
    /// <param name="idle">Whether the input is idle now.</param>
    /// <returns>What goes out.</returns>
    public WatermarkChange OnStatus(int input, bool idle)
    {
        SetIdle(Slot(input), idle);
        return Emit();
    }

    /// <summary>A watermark that takes effect with the next <see cref="Emit"/>.</summary>
    /// <param name="input">Where it came.</param>
    /// <param name="watermark">The watermark; makes the input active even if it is not higher than the last one.</param>
    public void Defer(int input, long watermark)
    {
        Set(Slot(input), watermark);
        _pending = true;
    }

    /// <summary>A status that takes effect with the next <see cref="Emit"/>.</summary>
    /// <param name="input">Where it came.</param>
    /// <param name="idle">Whether the input is idle now.</param>
    public void DeferStatus(int input, bool idle)
    {
        SetIdle(Slot(input), idle);
        _pending = true;
    }

    /// <summary>Combines what the inputs have.</summary>
    /// <returns>What goes out.</returns>
    public WatermarkChange Emit()
    {
        _pending = false;
        if (_count == 0)
        {
            return WatermarkChange.None;
        }

        if (_idleCount == _count)
        {
            return _output.RiseAndGoIdle(Longs.Max(_watermarks.AsSpan(0, _count), WatermarkChange.NoWatermark));
        }

        bool wakes = _wakesWithStatus && _output.Wake().BecomesActive;
        WatermarkChange change = _output.Rise(Longs.Min(_active.AsSpan(0, _count)));
        return wakes ? change with { BecomesActive = true } : change;
    }

    /// <summary>Makes the output idle whatever the inputs are.</summary>
    /// <returns>What goes out.</returns>
    public WatermarkChange ForceIdle() => _output.RiseAndGoIdle(WatermarkChange.NoWatermark);

    /// <summary>Sends the final watermark whatever the inputs have.</summary>
    /// <returns>What goes out.</returns>
    public WatermarkChange End() => _output.Rise(WatermarkChange.Final);

    private void Set(int slot, long watermark)
    {
        SetIdle(slot, false);
        _watermarks[slot] = _active[slot] = Math.Max(watermark, _watermarks[slot]);
    }

    private void SetIdle(int slot, bool idle)
    {
        if (_idle[slot] != idle)
        {
            _idle[slot] = idle;
            _idleCount += idle ? 1 : -1;
            _active[slot] = idle ? long.MaxValue : _watermarks[slot];
        }
    }

    private int Slot(int input)
    {
        int slot = (uint)input < (uint)_slots.Length ? _slots[input] - 1 : -1;
        if (slot < 0)
        {
            RefuseUnknown(input);
        }

        return slot;
    }

    [DoesNotReturn]
    private static void RefuseUnknown(int input) =>
        throw new InvariantViolatedException($"Watermark input {input} is unknown: it was never added, or removed before.");
}
