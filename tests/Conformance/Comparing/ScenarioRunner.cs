using System.Text;
using OrleansStream.Conformance.Drivers;
using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Comparing;

/// <summary>Runs a scenario with a driver.</summary>
public static class ScenarioRunner
{
    /// <summary>Runs it to the first step that is wrong.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="driver">A fresh driver.</param>
    /// <param name="restoreAtEveryStep">Whether the operator is snapshotted and restored after every step.</param>
    /// <returns>What is wrong, to be read by people; null if all is well.</returns>
    public static string? Run(Scenario scenario, IScenarioDriver driver, bool restoreAtEveryStep = false)
    {
        for (int i = 0; i < scenario.Input.Count; i++)
        {
            List<StepOutput> actual = [];
            IReadOnlyList<string> wrong;
            Exception? error = null;
            try
            {
                if (scenario.Input[i] is SnapshotStep)
                {
                    driver.SnapshotAndRestore(actual);
                }
                else
                {
                    driver.Feed(scenario.Input[i], actual);
                }

                if (restoreAtEveryStep)
                {
                    driver.SnapshotAndRestore(actual);
                }

                wrong = OutputComparer.Compare(scenario, i, actual);
            }
            catch (Exception thrown)
            {
                error = thrown;
                wrong = ["the driver threw, see below"];
            }

            if (wrong.Count > 0)
            {
                return Describe(scenario, i, actual, wrong, error);
            }
        }

        return null;
    }

    private static string Describe(Scenario scenario, int step, List<StepOutput> actual, IReadOnlyList<string> wrong, Exception? error)
    {
        StringBuilder text = new();
        text.AppendLine($"{scenario.Name} step {step}: {scenario.Input[step].Json.GetRawText()}");
        foreach (string line in wrong)
        {
            text.AppendLine($"  {line}");
        }

        text.AppendLine($"  expected: {Line(scenario.Expected[step])}");
        text.AppendLine($"  actual:   {Line(actual)}");
        text.AppendLine($"  operator: {scenario.Operator.GetRawText()}");
        text.AppendLine($"  tags:     {string.Join(", ", scenario.Tags)}");
        if (scenario.Why is { } why)
        {
            text.AppendLine($"  why:      {why}");
        }

        text.AppendLine("  before:");
        for (int i = 0; i < step; i++)
        {
            text.AppendLine($"    {i,3}  {scenario.Input[i].Json.GetRawText()}  ->  {Line(scenario.Expected[i])}");
        }

        if (error is not null)
        {
            text.AppendLine(error.ToString());
        }

        return text.ToString();
    }

    private static string Line(IReadOnlyList<StepOutput> outputs) => outputs.Count == 0 ? "nothing" : string.Join("  ", outputs);
}
