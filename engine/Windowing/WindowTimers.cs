using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.Engine.Time;

namespace OrleansStream.Engine.Windowing;

/// <summary>The timers of windows, and the window that is being looked at, as its trigger sees it.</summary>
internal sealed class WindowTimers<TKey>(OperatorSetup setup, KeyedState<TKey> state) : TriggerContext
{
    private KeyAnd<TKey, TimeWindow> _entry;
    private long _watermark = long.MinValue;

    public TimerQueue<KeyAnd<TKey, TimeWindow>> EventTime { get; } = QueueOf(state, "windows:event-time-timers");

    public TimerQueue<KeyAnd<TKey, TimeWindow>> ProcessingClock { get; } = QueueOf(state, "windows:processing-time-timers");

    public override long Watermark => _watermark;

    public override long ProcessingTime => setup.Host.NowMs;

    /// <summary>What addresses the window's state.</summary>
    public ref readonly KeyAnd<TKey, TimeWindow> Entry => ref _entry;

    public ulong Hash { get; private set; }

    public void Advance(long watermark) => _watermark = watermark;

    public void Select(in KeyAnd<TKey, TimeWindow> entry, ulong hash, TimeWindow window)
    {
        _entry = entry;
        Hash = hash;
        Window = window;
    }

    public override void RegisterEventTime(long time) => EventTime.Register(in _entry, Hash, time);

    public override void DeleteEventTime(long time) => EventTime.Delete(in _entry, Hash, time);

    public override void RegisterProcessingTime(long time) => ProcessingClock.Register(in _entry, Hash, time);

    public override void DeleteProcessingTime(long time) => ProcessingClock.Delete(in _entry, Hash, time);

    private static TimerQueue<KeyAnd<TKey, TimeWindow>> QueueOf(KeyedState<TKey> state, string name) =>
        TimerQueue<KeyAnd<TKey, TimeWindow>>.Of(state, name, new NamespaceHasher<TKey, TimeWindow>(state.Hasher, Keys.KeyHasher.For<TimeWindow>()));
}
