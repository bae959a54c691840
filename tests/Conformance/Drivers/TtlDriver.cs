using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives keyed state with a time to live, in a function that does what it is told. Cleaning up in the background is off, as it was for the expected outputs.</summary>
internal sealed class TtlDriver : OneInputDriver<TtlDriver.Command, TtlDriver.Answer>
{
    private TtlDriver(OneInputHarness<Command, Answer> harness) : base(harness)
    {
    }

    public static TtlDriver Create(Scenario scenario, RunMode mode)
    {
        JsonElement op = scenario.Operator;
        string state = op.GetProperty("state").GetString()!;
        StateOptions options = new()
        {
            Ttl = TimeSpan.FromMilliseconds(op.GetProperty("ttl").GetInt64()),
            TtlUpdate = op.GetProperty("update").GetString() == "onReadAndWrite" ? TtlUpdate.OnReadAndWrite : TtlUpdate.OnCreateAndWrite,
            TtlVisibility = op.GetProperty("visibility").GetString() == "returnExpiredIfNotCleanedUp" ? TtlVisibility.ReturnExpiredIfNotCleanedUp : TtlVisibility.NeverReturnExpired,
            TtlCleanup = false,
        };
        return new TtlDriver(OperatorHarness.For<string, Command, Answer>(() => new Function(state, options), command => command.Key, Options(mode)));
    }

    protected override Command Input(RecordStep record) => new(
        record.Key.GetString()!, record.Value[0].GetString()!, [.. record.Value.EnumerateArray().Skip(1).Select(a => a.GetRawText())]);

    protected override StepOutput Output(Answer value, long? timestamp)
    {
        using JsonDocument json = JsonDocument.Parse(value.Json);
        return StepOutput.Record(timestamp, value.Key, json.RootElement.Clone());
    }

    public sealed record Command(string Key, string Do, string[] Arguments);

    public sealed record Answer(string Key, string Json);

    public record struct CountAndSum(long Count, long Sum);

    private readonly struct Counting : IAggregate<long, CountAndSum, long[]>
    {
        public CountAndSum Create() => default;

        public void Add(ref CountAndSum accumulator, in long value) => accumulator = new CountAndSum(accumulator.Count + 1, accumulator.Sum + value);

        public long[] Result(in CountAndSum accumulator) => [accumulator.Count, accumulator.Sum];
    }

    private sealed class Function(string state, StateOptions options) : KeyedProcessFunction<string, Command, Answer>
    {
        private readonly List<string> _answers = [];
        private ValueState<long?>? _value;
        private ListState<long>? _list;
        private MapState<string, long>? _map;
        private ReducingState<long>? _reducing;
        private AggregatingState<long, long[]>? _aggregating;

        public override void Open(OpenContext context)
        {
            switch (state)
            {
                case "value":
                    _value = context.State.Value<long?>("state", options);
                    break;
                case "list":
                    _list = context.State.List<long>("state", options);
                    break;
                case "map":
                    _map = context.State.Map<string, long>("state", options);
                    break;
                case "reducing":
                    _reducing = context.State.Reducing<long>("state", (a, b) => a + b, options);
                    break;
                default:
                    _aggregating = context.State.Aggregating<long, CountAndSum, long[]>("state", default(Counting), options);
                    break;
            }
        }

        public override void Process(in Command command, KeyedContext<string> context, Output<Answer> output)
        {
            JsonElement[] arguments = [.. command.Arguments.Select(a => JsonSerializer.Deserialize<JsonElement>(a))];
            if (_value is not null)
            {
                Do(_value, command.Do, arguments);
            }
            else if (_list is not null)
            {
                Do(_list, command.Do, arguments);
            }
            else if (_map is not null)
            {
                Do(_map, command.Do, arguments);
            }
            else
            {
                DoReduced(command.Do, arguments);
            }

            foreach (string answer in _answers)
            {
                output.Emit(new Answer(command.Key, answer));
            }

            _answers.Clear();
        }

        private void Do(ValueState<long?> value, string what, JsonElement[] arguments)
        {
            switch (what)
            {
                case "get":
                    Answer(value.GetOr(null));
                    break;
                case "put":
                    value.Set(arguments[0].ValueKind == JsonValueKind.Null ? null : arguments[0].GetInt64());
                    break;
                case "clear":
                    value.Clear();
                    break;
                default:
                    throw new NotSupportedException(what);
            }
        }

        private void Do(ListState<long> list, string what, JsonElement[] arguments)
        {
            switch (what)
            {
                case "get":
                    Answer(list.Get());
                    break;
                case "add":
                    list.Add(arguments[0].GetInt64());
                    break;
                case "addAll":
                    list.AddRange(arguments[0].EnumerateArray().Select(v => v.GetInt64()));
                    break;
                case "update":
                    list.Update(arguments[0].EnumerateArray().Select(v => v.GetInt64()));
                    break;
                case "clear":
                    list.Clear();
                    break;
                default:
                    throw new NotSupportedException(what);
            }
        }

        private void Do(MapState<string, long> map, string what, JsonElement[] arguments)
        {
            switch (what)
            {
                case "get":
                    Answer(map.TryGet(arguments[0].GetString()!, out long found) ? found : (long?)null);
                    break;
                case "put":
                    map.Set(arguments[0].GetString()!, arguments[1].GetInt64());
                    break;
                case "putAll":
                    foreach (JsonProperty entry in arguments[0].EnumerateObject())
                    {
                        map.Set(entry.Name, entry.Value.GetInt64());
                    }

                    break;
                case "remove":
                    map.Remove(arguments[0].GetString()!);
                    break;
                case "contains":
                    Answer(map.Contains(arguments[0].GetString()!));
                    break;
                case "isEmpty":
                    Answer(map.IsEmpty);
                    break;
                case "keys":
                    Answer(map.Entries.Select(e => e.Key).Order(StringComparer.Ordinal));
                    break;
                case "values":
                    Answer(map.Entries.Select(e => e.Value).Order());
                    break;
                case "entries":
                    Answer(map.Entries.ToDictionary());
                    break;
                case "clear":
                    map.Clear();
                    break;
                default:
                    throw new NotSupportedException(what);
            }
        }

        private void DoReduced(string what, JsonElement[] arguments)
        {
            switch (what)
            {
                case "get" when _reducing is not null:
                    Answer(_reducing.TryGet(out long reduced) ? reduced : (long?)null);
                    break;
                case "get":
                    Answer(_aggregating!.TryGet(out long[]? result) ? result : null);
                    break;
                case "add":
                    _reducing?.Add(arguments[0].GetInt64());
                    _aggregating?.Add(arguments[0].GetInt64());
                    break;
                case "clear":
                    _reducing?.Clear();
                    _aggregating?.Clear();
                    break;
                default:
                    throw new NotSupportedException(what);
            }
        }

        private void Answer<T>(T answer) => _answers.Add(JsonSerializer.Serialize(answer));
    }
}
