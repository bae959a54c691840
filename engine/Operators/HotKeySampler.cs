using System.Runtime.InteropServices;
using OrleansStream.Engine.State;

namespace OrleansStream.Engine.Operators;

/// <summary>
/// Names the keys that an operator gets most often: a space-saving sketch (Metwally, Agrawal, El Abbadi, 2005) over a sample of one record in some hundred, so that a batch costs a few lookups among a few hashes. What is
/// older counts less and less. A share is a lower bound: no key is named that is not hot. Owned by one operator, used on the thread of its subtask; the result is read by any thread.
/// </summary>
internal sealed class HotKeySampler<TKey>(OperatorMetrics metrics, int subtask)
{
    /// <summary>One record of so many is looked at, on average, at the beginning; later fewer, so that a benchmark does not see it.</summary>
    public const int Stride = 128;

    private const int LongestStride = 512;

    private const int Counters = 64;
    private const int FirstPublished = 64;
    private const int Period = 1024;
    private const int Named = 5;
    private const double LeastShare = 0.01;

    private readonly ulong[] _hashes = new ulong[Counters];
    private readonly TKey[] _keys = new TKey[Counters];
    private readonly int[] _counts = new int[Counters];
    private readonly int[] _errors = new int[Counters];
    private ulong _random = 0x9E3779B97F4A7C15 * ((ulong)subtask + 1);
    private int _used;
    private int _stride = Stride;
    private int _skip = Stride / 2;
    private int _samples;
    private int _publishAt = FirstPublished;

    /// <summary>Records have come.</summary>
    /// <param name="keys">Their keys.</param>
    public void Look(KeyRun<TKey> keys)
    {
        int at = _skip;
        while (at < keys.Length)
        {
            Add(keys[at], keys.Hashes[at]);
            // Steps of random length, since records may come in a rhythm.
            _random ^= _random << 13;
            _random ^= _random >> 7;
            _random ^= _random << 17;
            at += 1 + (int)(_random % ((2 * (ulong)_stride) - 1));
        }

        _skip = at - keys.Length;
    }

    private void Add(TKey key, ulong hash)
    {
        int at = _hashes.AsSpan(0, _used).IndexOf(hash);
        if (at < 0)
        {
            if (_used < Counters)
            {
                at = _used++;
                _counts[at] = 0;
                _errors[at] = 0;
            }
            else
            {
                at = Least();
                _errors[at] = _counts[at];
            }

            _hashes[at] = hash;
            _keys[at] = key;
        }

        _counts[at]++;
        if (++_samples >= _publishAt)
        {
            Publish();
        }
    }

    private int Least()
    {
        int least = 0;
        for (int i = 1; i < _counts.Length; i++)
        {
            least = _counts[i] < _counts[least] ? i : least;
        }

        return least;
    }

    private void Publish()
    {
        List<HotKey> hot = [];
        for (int i = 0; i < _used; i++)
        {
            double share = (double)(_counts[i] - _errors[i]) / _samples;
            if (share >= LeastShare)
            {
                hot.Add(new HotKey(Describe.Value(_keys[i]), share));
            }
        }

        hot.Sort(static (a, b) => b.Share != a.Share ? b.Share.CompareTo(a.Share) : string.CompareOrdinal(a.Key, b.Key));
        CollectionsMarshal.SetCount(hot, Math.Min(hot.Count, Named));
        Volatile.Write(ref metrics.HotKeysNamed, [.. hot]);
        _publishAt = _samples * 2;
        if (_publishAt > Period)
        {
            Fade();
            _publishAt = Period;
        }
    }

    private void Fade()
    {
        _stride = Math.Min(_stride * 2, LongestStride);
        _samples /= 2;
        int kept = 0;
        for (int i = 0; i < _used; i++)
        {
            if (_counts[i] > 1)
            {
                (_hashes[kept], _keys[kept], _counts[kept], _errors[kept]) = (_hashes[i], _keys[i], _counts[i] / 2, _errors[i] / 2);
                kept++;
            }
        }

        Array.Clear(_keys, kept, _used - kept);
        _used = kept;
    }
}
