using OrleansStream.Conformance.Model;

namespace OrleansStream.Conformance.Comparing;

/// <summary>Compares what left the operator in a step with what the scenario expects, by the rules under "Comparing" of the conformance README.</summary>
public static class OutputComparer
{
    /// <summary>Compares the outputs of one step.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="step">The number of the step, from 0.</param>
    /// <param name="actual">What left the operator, in order.</param>
    /// <returns>What is wrong, with the number of the rule; nothing if all is well.</returns>
    public static IReadOnlyList<string> Compare(Scenario scenario, int step, IReadOnlyList<StepOutput> actual)
    {
        IReadOnlyList<StepOutput> expected = scenario.Expected[step];
        bool sort = ListsHaveNoOrder(scenario, scenario.Input[step]);
        List<string> wrong = [];
        CompareAsMultisets(expected, actual, sort, wrong);
        if (wrong.Count > 0)
        {
            return wrong;
        }

        if (scenario.Family == "watermarks")
        {
            CompareSequences(expected, actual, "rule 5: the order is exact", sort, wrong);
            return wrong;
        }

        CompareSequences([.. expected.Where(o => o.IsControl)], [.. actual.Where(o => o.IsControl)], "rule 2: the order of watermarks and statuses", sort, wrong);
        RequireRecordsBeforeWatermark(expected, actual, sort, wrong);
        if (FiresInOrderOfTime(scenario) && scenario.Input[step] is WatermarkStep)
        {
            RequireOrderOfTime(actual, wrong);
        }

        if (scenario.Family == "timers")
        {
            foreach (string key in expected.Where(o => !o.IsControl).Select(o => o.Key).Distinct())
            {
                bool OfKey(StepOutput output) => !output.IsControl && output.Key == key;
                CompareSequences([.. expected.Where(OfKey)], [.. actual.Where(OfKey)], $"rule 4: the order of the records of key {key}", sort, wrong);
            }
        }

        return wrong;
    }

    /// <summary>Rule 6: whether the lists inside the records of this step are compared without regard to order.</summary>
    private static bool ListsHaveNoOrder(Scenario scenario, Step step)
    {
        string? state = step is RecordStep { Value.ValueKind: System.Text.Json.JsonValueKind.Array } record && scenario.Family == "state"
            ? record.Value[0].GetString()
            : scenario.Text("state");
        bool any = scenario.Text("listOrder") == "any";
        return scenario.Family switch
        {
            "windows" => any,
            "window-join" => true,
            "state" => state == "map" || (state == "list" && any),
            "ttl" => state == "map",
            _ => false,
        };
    }

    /// <summary>Rule 3: event-time windows that fire at their end fire in order of time.</summary>
    private static bool FiresInOrderOfTime(Scenario scenario)
    {
        if (scenario.Family != "windows" || scenario.Text("time") != "event")
        {
            return false;
        }

        System.Text.Json.JsonElement trigger = scenario.Operator.GetProperty("trigger");
        if (trigger.GetProperty("type").GetString() == "purging")
        {
            trigger = trigger.GetProperty("inner");
        }

        return trigger.GetProperty("type").GetString() == "eventTime";
    }

    private static void CompareAsMultisets(IReadOnlyList<StepOutput> expected, IReadOnlyList<StepOutput> actual, bool sort, List<string> wrong)
    {
        Dictionary<string, int> balance = Count(expected, sort);
        foreach (StepOutput output in actual)
        {
            string text = CanonicalJson.Of(output.Json, sort);
            balance[text] = balance.GetValueOrDefault(text) - 1;
        }

        foreach ((string text, int missing) in balance.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            if (missing != 0)
            {
                string times = Math.Abs(missing) == 1 ? "" : $" ({Math.Abs(missing)} times)";
                wrong.Add(missing > 0 ? $"rule 1: missing    {text}{times}" : $"rule 1: unexpected {text}{times}");
            }
        }
    }

    private static void CompareSequences(
        IReadOnlyList<StepOutput> expected, IReadOnlyList<StepOutput> actual, string rule, bool sort, List<string> wrong)
    {
        if (!expected.Select(o => CanonicalJson.Of(o.Json, sort)).SequenceEqual(actual.Select(o => CanonicalJson.Of(o.Json, sort))))
        {
            wrong.Add($"{rule}, but differs");
        }
    }

    /// <summary>Rule 2: behind the watermark (or idleness) come only records that are expected there, which are those of processing-time timers.</summary>
    private static void RequireRecordsBeforeWatermark(
        IReadOnlyList<StepOutput> expected, IReadOnlyList<StepOutput> actual, bool sort, List<string> wrong)
    {
        Dictionary<string, int> allowed = Count(Behind(expected), sort);
        foreach (StepOutput output in Behind(actual))
        {
            string text = CanonicalJson.Of(output.Json, sort);
            int left = allowed.GetValueOrDefault(text);
            allowed[text] = left - 1;
            if (left <= 0)
            {
                wrong.Add($"rule 2: comes after the watermark or idleness instead of before: {text}");
            }
        }
    }

    private static IEnumerable<StepOutput> Behind(IReadOnlyList<StepOutput> outputs) =>
        outputs.SkipWhile(o => !o.IsControl || (o.Kind == OutputKind.Status && !o.Json.GetProperty("idle").GetBoolean())).Where(o => !o.IsControl);

    private static void RequireOrderOfTime(IReadOnlyList<StepOutput> actual, List<string> wrong)
    {
        long last = long.MinValue;
        foreach (StepOutput output in actual.Where(o => o.Kind == OutputKind.Record))
        {
            long timestamp = output.Timestamp ?? long.MinValue;
            if (timestamp < last)
            {
                wrong.Add($"rule 3: timestamps go back from {Times.Write(last)} at {output}");
            }

            last = timestamp;
        }
    }

    private static Dictionary<string, int> Count(IEnumerable<StepOutput> outputs, bool sort)
    {
        Dictionary<string, int> counts = [];
        foreach (StepOutput output in outputs)
        {
            string text = CanonicalJson.Of(output.Json, sort);
            counts[text] = counts.GetValueOrDefault(text) + 1;
        }

        return counts;
    }
}
