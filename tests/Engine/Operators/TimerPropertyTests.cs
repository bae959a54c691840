using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

/// <summary>Timers of keyed functions against a naive model, with attacks, restores and changes of parallelism.</summary>
public sealed class TimerPropertyTests
{
    private static readonly OutputTag<string> s_side = new("side");

    public static TheoryData<int, bool> Seeds()
    {
        TheoryData<int, bool> data = [];
        for (int seed = 1; seed <= 60; seed++)
        {
            data.Add(seed, false);
            data.Add(seed, true);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Timers_fire_as_in_the_model(int seed, bool attack)
    {
        Random random = new(seed);
        HarnessOptions options = new()
        {
            MaxParallelism = 8, Parallelism = 1 + random.Next(3), Attack = attack, SuspensionsPerRestore = 1 + random.Next(4), BatchSize = 1 + random.Next(4),
        };
        using OneInputHarness<Order, string> harness = OperatorHarness.For<string, Order, string>(() => new Obedient(), order => order.Key, options).WithSideOutput(s_side);
        Model model = new();
        long now = 0;
        long watermark = -50;
        for (int step = 0; step < 60; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    Order[] orders = [.. Enumerable.Range(0, 1 + random.Next(6)).Select(_ => NewOrder(random, now, watermark))];
                    harness.SendAll(orders.Select(order => (order, watermark)));
                    model.Do(orders);
                    break;
                case < 7:
                    watermark += random.Next(40);
                    harness.Watermark(watermark);
                    model.FireEventTime(watermark);
                    break;
                case < 9:
                    now += random.Next(40);
                    harness.At(now);
                    model.FireProcessingTime(now);
                    break;
                default:
                    harness.SnapshotAndRestore(random.Next(2) == 0 ? null : 1 + random.Next(3));
                    break;
            }
        }

        harness.Watermark(long.MaxValue);
        model.FireEventTime(long.MaxValue);
        foreach (string key in model.Fired.Keys)
        {
            Assert.Equal(model.Fired[key], harness.Output.Where(o => o.StartsWith(key + " ", StringComparison.Ordinal)));
            Assert.Equal(model.Fired[key], harness.SideOutput(s_side).Where(o => o.StartsWith(key + " ", StringComparison.Ordinal)));
        }

        Assert.Equal(model.Fired.Values.Sum(f => f.Count), harness.Output.Count);
    }

    // A processing-time timer that is due already may fire before or after the next record of the batch.
    private static Order NewOrder(Random random, long now, long watermark)
    {
        bool isEventTime = random.Next(2) == 0;
        return new Order("k" + random.Next(5), random.Next(4) == 0, isEventTime, isEventTime ? watermark + random.Next(-20, 60) : now + 1 + random.Next(60));
    }

    public sealed record Order(string Key, bool Deletes, bool IsEventTime, long Time);

    private static string Text(string key, long time, TimeDomain domain, long watermark, long n) => $"{key} {domain} {time} at {watermark}: {n}";

    private sealed class Obedient : KeyedProcessFunction<string, Order, string>
    {
        private ValueState<long> _fired = null!;

        public override void Open(OpenContext context) => _fired = context.State.Value<long>("fired");

        public override void Process(in Order value, KeyedContext<string> context, Output<string> output)
        {
            switch (value.Deletes, value.IsEventTime)
            {
                case (false, true):
                    context.Timers.RegisterEventTime(value.Time);
                    break;
                case (true, true):
                    context.Timers.DeleteEventTime(value.Time);
                    break;
                case (false, false):
                    context.Timers.RegisterProcessingTime(value.Time);
                    break;
                default:
                    context.Timers.DeleteProcessingTime(value.Time);
                    break;
            }
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<string> context, Output<string> output)
        {
            long n = _fired.GetOr(0) + 1;
            _fired.Set(n);
            string text = Text(context.Key, timer.Time, timer.Domain, context.Watermark, n);
            output.Emit(text);
            context.Emit(s_side, text);
            if (n % 3 == 0)
            {
                if (timer.Domain == TimeDomain.EventTime)
                {
                    context.Timers.RegisterEventTime(timer.Time + 3);
                }
                else
                {
                    context.Timers.RegisterProcessingTime(timer.Time + 3);
                }
            }
        }
    }

    private sealed class Model
    {
        private readonly Dictionary<string, SortedSet<long>> _eventTime = [];
        private readonly Dictionary<string, SortedSet<long>> _processingTime = [];
        private long _watermark = long.MinValue;

        public Dictionary<string, List<string>> Fired { get; } = [];

        public void Do(Order[] orders)
        {
            foreach (Order order in orders)
            {
                Dictionary<string, SortedSet<long>> timers = order.IsEventTime ? _eventTime : _processingTime;
                if (!timers.TryGetValue(order.Key, out SortedSet<long>? times))
                {
                    timers.Add(order.Key, times = []);
                }

                _ = order.Deletes ? times.Remove(order.Time) : times.Add(order.Time);
            }
        }

        public void FireEventTime(long watermark)
        {
            if (watermark > _watermark)
            {
                _watermark = watermark;
                Fire(_eventTime, watermark, TimeDomain.EventTime);
            }
        }

        public void FireProcessingTime(long now) => Fire(_processingTime, now, TimeDomain.ProcessingTime);

        private void Fire(Dictionary<string, SortedSet<long>> timers, long upTo, TimeDomain domain)
        {
            foreach ((string key, SortedSet<long> times) in timers)
            {
                while (times.Count > 0 && times.Min <= upTo)
                {
                    long time = times.Min;
                    times.Remove(time);
                    if (!Fired.TryGetValue(key, out List<string>? fired))
                    {
                        Fired.Add(key, fired = []);
                    }

                    fired.Add(Text(key, time, domain, _watermark, fired.Count + 1));
                    if (fired.Count % 3 == 0)
                    {
                        times.Add(time + 3);
                    }
                }
            }
        }
    }
}
