using OrleansStream.State;

namespace OrleansStream.Engine.Tests.GoldenJobs;

/// <summary>Limits by broadcast records, as a whole job. The end of time is reached when all of them have come, so that the result depends on no order.</summary>
internal static class BroadcastJobs
{
    public static GoldenJob Limits()
    {
        Reading[][] splits = Reading.Splits(3, 100);
        Reading[][] limits = [[.. Enumerable.Range(0, 12).Select(key => new Reading(key, Reading.Start, 100 * key))], [new Reading(3, Reading.Start + 1, -1)]];
        List<string> expected =
        [
            .. splits.SelectMany(s => s).GroupBy(r => r.Key).Select(g => $"{g.Key}: {g.Sum(r => r.Value)} of {(g.Key == 3 ? "none" : 100 * g.Key)}"),
        ];
        return new GoldenJob("limits by broadcast", Define, expected);

        void Define(StreamEnvironment env) => env.FromSource(new ListSource<Reading>("readings", splits), Reading.Watermarks)
            .KeyBy(r => r.Key)
            .ConnectBroadcast(env.FromSource(new ListSource<Reading>("limits", limits), Reading.Watermarks).WithUid("limits"))
            .Process(new SumOfLimit())
            .Collect("out");
    }

    private sealed class SumOfLimit : KeyedBroadcastFunction<int, Reading, Reading, string>
    {
        private ValueState<long> _sum = null!;
        private BroadcastState<int, int> _limits = null!;
        private BroadcastState<int, bool> _free = null!;

        public override void Open(OpenContext context)
        {
            _sum = context.State.Value<long>("sum");
            _limits = context.State.Broadcast<int, int>("limits");
            _free = context.State.Broadcast<int, bool>("free");
        }

        public override void Process(in Reading value, KeyedContext<int> context, Output<string> output)
        {
            _sum.Set(_sum.GetOr(0) + value.Value);
            context.Timers.RegisterEventTime(long.MaxValue);
        }

        public override void ProcessBroadcast(in Reading value, FunctionContext context, Output<string> output)
        {
            // Two states, so that the order of the two splits of rules does not show.
            if (value.Value < 0)
            {
                _free.Set(value.Key, true);
            }
            else
            {
                _limits.Set(value.Key, value.Value);
            }
        }

        public override void OnTimer(in FiredTimer timer, KeyedContext<int> context, Output<string> output)
        {
            int limit = _limits.Entries[context.Key];
            output.Emit($"{context.Key}: {_sum.GetOr(0)} of {(_free.TryGet(context.Key, out _) ? "none" : limit)}");
        }
    }
}
