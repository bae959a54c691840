using OrleansStream.Combining;
using OrleansStream.Engine.Combining;
using OrleansStream.Engine.Tests.Windowing;
using OrleansStream.Engine.Time;
using OrleansStream.Graph;
using Part = OrleansStream.Combining.Partial<string, OrleansStream.Engine.Tests.Windowing.Item, System.Collections.Generic.List<long>>;

namespace OrleansStream.Engine.Tests.Combining;

/// <summary>
/// A sender that combines, another that only has watermarks, and the receiver of both. The first is idle at times, so that the other moves the receiver on without it, and it comes back behind. The naive model gets each
/// record at once, with the watermark that the receiver has then: nothing may become late by waiting at the sender.
/// </summary>
public sealed class CombineIdlenessTests
{
    public static TheoryData<int> Seeds() => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Aligned_windows_and_late_outputs_are_those_of_the_model(int seed)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        long lateness = random.Next(3) == 0 ? 0 : random.Next(60);
        WindowModel model = new(windows, lateness, Collecting.Of);
        using Pair pair = new(random, windows, lateness, hasLateOutput: true, model);
        pair.Run($"seed {seed}, {windows}, lateness {lateness}", (outputs, late, where, comparison) => comparison.RequireSame(outputs, late, where));
        Assert.Equal(0, pair.LateDropped);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Sessions_and_late_outputs_are_those_of_the_model(int seed)
    {
        Random random = new(seed);
        long gap = 1 + random.Next(25);
        SessionModel model = new(gap, Collecting.Of);
        using Pair pair = new(random, SessionWindows.WithGap(TimeSpan.FromMilliseconds(gap)), 0, hasLateOutput: true, model);
        pair.Run($"seed {seed}, gap {gap}", (outputs, late, where, comparison) => comparison.RequireSame(outputs, late, where));
        Assert.Equal(0, pair.LateDropped);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Without_a_late_output_the_late_records_of_the_model_are_counted_one_by_one(int seed)
    {
        Random random = new(seed);
        AlignedWindows windows = Windows(random);
        WindowModel model = new(windows, 0, Collecting.Of);
        using Pair pair = new(random, windows, 0, hasLateOutput: false, model);
        pair.Run($"seed {seed}, {windows}", (outputs, _, where, comparison) =>
        {
            comparison.RequireSame(outputs, where);
            Assert.Equal(model.Late.Count, pair.LateDropped);
        });
    }

    private static AlignedWindows Windows(Random random)
    {
        long size = 1 + random.Next(40);
        return WindowRun.Windows(random, size, random.Next(3) == 0 ? size : 1 + random.Next(45));
    }

    /// <summary>Sender and receiver, and what the model takes for the valve between them.</summary>
    private sealed class Pair : IDisposable
    {
        private readonly Random _random;
        private readonly IWindowModel _model;
        private readonly OneInputHarness<Item, Part> _sender;
        private readonly OneInputHarness<Part, string> _receiver;
        private readonly WatermarkValve _valve = new(2);
        private readonly WatermarkValve _modelValve = new(2);
        private readonly bool _hasLateOutput;

        public Pair(Random random, WindowAssigner windows, long lateness, bool hasLateOutput, IWindowModel model)
        {
            _random = random;
            _model = model;
            _hasLateOutput = hasLateOutput;
            WindowSettings<Part> settings = new(windows.IsMerging ? new PartialWindows<string, Item, List<long>>(windows) : windows)
            {
                LatenessMs = lateness, Late = hasLateOutput ? WindowRun.Late : null,
            };
            CombineOptions options = new() { Capacity = 1 + random.Next(6) };
            _sender = OperatorHarness.ForOperator<string, Item, Part>(
                setup => new CombineOperator<string, Item, List<long>, string, Collecting>(setup, item => item.Key, windows, isOnly: false, hasLateOutput, new Collecting(), options),
                item => item.Key, new HarnessOptions { BatchSize = 1 + random.Next(20) });
            _receiver = OperatorHarness.ForKeyedStream<string, Part, string>(
                stream => stream.Append<string>(id => new WindowAggregateNode<string, Part, List<long>, string, string>(
                    settings, new MergePartials<string, Item, List<long>, string>(new Collecting()),
                    (window, key, ids) => WindowModel.Text(window.Start, window.End, key, ids, window.MaxTimestamp), null) { Id = id }),
                part => part.Key, new HarnessOptions { BatchSize = 1 + random.Next(4) });
            if (hasLateOutput)
            {
                _receiver.WithSideOutput(WindowRun.Late);
            }
        }

        public long LateDropped => _receiver.Metrics.LateDropped;

        public void Run(string what, Action<IReadOnlyList<string>, IReadOnlyList<Item>, string, WindowComparison> require)
        {
            WindowComparison comparison = new(_model);
            long mine = 0;
            long others = 0;
            bool idle = false;
            long id = 0;
            for (int step = 0; step < 80; step++)
            {
                switch (_random.Next(10))
                {
                    case < 5:
                        long from = Math.Min(mine, others) - 30;
                        long to = Math.Max(mine, others) + 40;
                        _sender.SendAll(WindowRun.Draw(_random, 1 + _random.Next(12), 3, () => _random.NextInt64(from, to), ref id, _model.Add));
                        break;
                    case < 7:
                        // A watermark wakes what was idle.
                        mine += 1 + _random.Next(_random.Next(5) == 0 ? 150 : 30);
                        if (idle)
                        {
                            idle = false;
                            _sender.Idle(false);
                            Tell(_modelValve.OnStatus(0, false), _model.Watermark);
                        }

                        _sender.Watermark(mine);
                        Tell(_modelValve.OnWatermark(0, mine), _model.Watermark);
                        break;
                    case < 9:
                        others += 1 + _random.Next(_random.Next(5) == 0 ? 150 : 30);
                        Pass();
                        Tell(_valve.OnWatermark(1, others), Receive);
                        Tell(_modelValve.OnWatermark(1, others), _model.Watermark);
                        break;
                    default:
                        if (!idle)
                        {
                            idle = true;
                            _sender.Idle();
                            Tell(_modelValve.OnStatus(0, true), _model.Watermark);
                        }

                        break;
                }

                Pass();
                require(_receiver.Output, Late(), $"{what}, step {step}", comparison);
            }

            _sender.EndOfInput();
            Pass();
            Tell(_valve.OnEnd(1), Receive);
            _model.Watermark(long.MaxValue);
            require(_receiver.Output, Late(), $"{what}, end", comparison);
            comparison.RequireSameInTheEnd(_receiver.Output);
        }

        public void Dispose()
        {
            _sender.Dispose();
            _receiver.Dispose();
        }

        private static void Tell(WatermarkChange change, Action<long> watermark)
        {
            if (change.HasWatermark)
            {
                watermark(change.Watermark);
            }
        }

        private IReadOnlyList<Item> Late() => _hasLateOutput ? _receiver.SideOutput(WindowRun.Late) : [];

        private void Receive(long watermark) => _receiver.Watermark(watermark);

        private void Pass()
        {
            foreach (HarnessOutput sent in _sender.TakeLog())
            {
                switch (sent.Kind)
                {
                    case HarnessOutputKind.Record:
                        _receiver.Send((Part)sent.Value!, sent.Timestamp);
                        break;
                    case HarnessOutputKind.Watermark:
                        Tell(_valve.OnWatermark(0, sent.Timestamp), Receive);
                        break;
                    case HarnessOutputKind.Idle or HarnessOutputKind.Active:
                        Tell(_valve.OnStatus(0, sent.Kind == HarnessOutputKind.Idle), Receive);
                        break;
                    default:
                        Tell(_valve.OnEnd(0), Receive);
                        break;
                }
            }
        }
    }
}
