using OrleansStream.Conformance.Model;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives an operator of the engine in its harness.</summary>
/// <typeparam name="THarness">The harness.</typeparam>
/// <typeparam name="TOut">The type of the operator's output.</typeparam>
internal abstract class HarnessDriver<THarness, TOut>(OperatorHarnessBase<THarness, TOut> harness) : IScenarioDriver
    where THarness : OperatorHarnessBase<THarness, TOut>
{
    /// <summary>The options of a run mode.</summary>
    public static HarnessOptions Options(RunMode mode) => new() { Attack = mode is RunMode.Attacked or RunMode.AttackedWithoutMerge or RunMode.AttackedGeneral, MaxParallelism = 16 };

    public void Feed(Step step, List<StepOutput> outputs)
    {
        switch (step)
        {
            case RecordStep record:
                Send(record);
                break;
            case WatermarkStep watermark:
                Watermark(step.Input, watermark.Time);
                break;
            case StatusStep status:
                Status(step.Input, status.Idle);
                break;
            case ClockStep clock:
                harness.At(clock.Time);
                break;
            default:
                throw new NotSupportedException($"The operator does not know the step {step.Json.GetRawText()}.");
        }

        Drain(outputs);
    }

    public void SnapshotAndRestore(List<StepOutput> outputs)
    {
        harness.SnapshotAndRestore();
        Drain(outputs);
    }

    public void Dispose() => harness.Dispose();

    protected abstract void Send(RecordStep record);

    protected abstract void Watermark(int input, long time);

    protected abstract void Status(int input, bool idle);

    protected abstract StepOutput Output(TOut value, long? timestamp);

    protected virtual StepOutput Side(object value, long timestamp) => throw new NotSupportedException("The operator has no side output.");

    private void Drain(List<StepOutput> outputs)
    {
        foreach (HarnessOutput output in harness.TakeLog())
        {
            switch (output.Kind)
            {
                case HarnessOutputKind.Record:
                    outputs.Add(Output((TOut)output.Value!, output.Timestamp == Batch<TOut>.NoTimestamp ? null : output.Timestamp));
                    break;
                case HarnessOutputKind.Side:
                    outputs.Add(Side(output.Value!, output.Timestamp));
                    break;
                case HarnessOutputKind.Watermark:
                    outputs.Add(StepOutput.Watermark(output.Timestamp));
                    break;
                case HarnessOutputKind.Idle:
                case HarnessOutputKind.Active:
                    outputs.Add(StepOutput.Status(output.Kind == HarnessOutputKind.Idle));
                    break;
                default:
                    break;
            }
        }
    }
}

/// <summary>Drives an operator with one input.</summary>
internal abstract class OneInputDriver<TIn, TOut>(OneInputHarness<TIn, TOut> harness) : HarnessDriver<OneInputHarness<TIn, TOut>, TOut>(harness)
{
    protected sealed override void Send(RecordStep record) => harness.Send(Input(record), record.Timestamp);

    protected sealed override void Watermark(int input, long time) => harness.Watermark(time);

    protected sealed override void Status(int input, bool idle) => harness.Idle(idle);

    protected abstract TIn Input(RecordStep record);
}
