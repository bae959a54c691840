using System.Text.Json;
using Event = OrleansStream.Conformance.Drivers.PatternDriver.Event;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Reads the patterns of scenarios.</summary>
internal static class PatternOptions
{
    public static Pattern<Event> Pattern(JsonElement steps)
    {
        Pattern<Event>? pattern = null;
        foreach (JsonElement step in steps.EnumerateArray())
        {
            pattern = Quantified(Begun(pattern, step), step);
        }

        return pattern!;
    }

    public static AfterMatch Skip(JsonElement skip)
    {
        AfterMatch strategy = skip.GetProperty("type").GetString() switch
        {
            "noSkip" => AfterMatch.NoSkip,
            "skipToNext" => AfterMatch.SkipToNext,
            "skipPastLast" => AfterMatch.SkipPastLastEvent,
            "skipToFirst" => AfterMatch.SkipToFirst(skip.GetProperty("to").GetString()!),
            "skipToLast" => AfterMatch.SkipToLast(skip.GetProperty("to").GetString()!),
            var other => throw new NotSupportedException(other),
        };
        return skip.TryGetProperty("throwOnMiss", out JsonElement throws) && throws.GetBoolean() ? strategy.ThrowOnMiss() : strategy;
    }

    private static Pattern<Event> Begun(Pattern<Event>? before, JsonElement step)
    {
        string link = step.GetProperty("link").GetString()!;
        if (step.TryGetProperty("group", out JsonElement steps))
        {
            Pattern<Event> group = Pattern(steps);
            return link switch
            {
                "begin" => OrleansStream.Pattern.Begin(group),
                "next" => before!.Next(group),
                "followedBy" => before!.FollowedBy(group),
                "followedByAny" => before!.FollowedByAny(group),
                _ => throw new NotSupportedException(link),
            };
        }

        string name = step.GetProperty("name").GetString()!;
        Pattern<Event> pattern = link switch
        {
            "begin" => OrleansStream.Pattern.Begin<Event>(name),
            "next" => before!.Next(name),
            "followedBy" => before!.FollowedBy(name),
            "followedByAny" => before!.FollowedByAny(name),
            "notNext" => before!.NotNext(name),
            "notFollowedBy" => before!.NotFollowedBy(name),
            _ => throw new NotSupportedException(link),
        };
        return step.TryGetProperty("where", out JsonElement where) && where.ValueKind == JsonValueKind.Object ? pattern.Where(Condition(where)) : pattern;
    }

    private static Pattern<Event> Quantified(Pattern<Event> pattern, JsonElement step)
    {
        if (step.GetProperty("times") is { ValueKind: JsonValueKind.Array } times)
        {
            pattern = times[1].ValueKind == JsonValueKind.Null ? pattern.TimesOrMore(times[0].GetInt32()) : pattern.Times(times[0].GetInt32(), times[1].GetInt32());
            pattern = step.GetProperty("inner").GetString() switch
            {
                "consecutive" => pattern.Consecutive(),
                "combinations" => pattern.AllowCombinations(),
                _ => pattern,
            };
        }

        pattern = step.GetProperty("greedy").GetBoolean() ? pattern.Greedy() : pattern;
        pattern = step.GetProperty("optional").GetBoolean() ? pattern.Optional() : pattern;
        pattern = step.GetProperty("until") is { ValueKind: JsonValueKind.Object } until ? pattern.Until(Condition(until)) : pattern;
        return step.TryGetProperty("withinPrevious", out JsonElement within) && within.ValueKind == JsonValueKind.Number
            ? pattern.WithinPrevious(TimeSpan.FromMilliseconds(within.GetInt64()))
            : pattern;
    }

    private static Func<Event, PartialMatch<Event>, bool> Condition(JsonElement json)
    {
        List<Func<Event, PartialMatch<Event>, bool>> all = [];
        foreach (JsonProperty member in json.EnumerateObject())
        {
            JsonElement value = member.Value;
            switch (member.Name)
            {
                case "letter":
                    string letter = value.GetString()!;
                    all.Add((e, _) => e.Letter == letter);
                    break;
                case "gt":
                    long greater = value.GetInt64();
                    all.Add((e, _) => e.Number > greater);
                    break;
                case "lt":
                    long less = value.GetInt64();
                    all.Add((e, _) => e.Number < less);
                    break;
                case "any":
                    break;
                case "or":
                    Func<Event, PartialMatch<Event>, bool>[] any = [.. value.EnumerateArray().Select(Condition)];
                    all.Add((e, match) => any.Any(condition => condition(e, match)));
                    break;
                case "gtPrev":
                    string previous = value.GetString()!;
                    all.Add((e, match) => match[previous].Count == 0 || e.Number > match[previous][^1].Number);
                    break;
                case "gtAvg":
                    string averaged = value.GetString()!;
                    all.Add((e, match) => match[averaged].Count == 0 || e.Number > match[averaged].Average(b => b.Number));
                    break;
                case "sumLt":
                    string summed = value[0].GetString()!;
                    long sum = value[1].GetInt64();
                    all.Add((e, match) => match[summed].Sum(b => b.Number) + e.Number < sum);
                    break;
                default:
                    throw new NotSupportedException($"No condition of the README is called {member.Name}.");
            }
        }

        return (e, match) => all.TrueForAll(condition => condition(e, match));
    }
}
