using System.Text.Json;
using OrleansStream.Conformance.Model;
using OrleansStream.Engine.Exchange;
using OrleansStream.Engine.Operators;
using OrleansStream.Engine.State;
using OrleansStream.TestKit;

namespace OrleansStream.Conformance.Drivers;

/// <summary>Drives the engine's keyed state with namespaces, in an operator that does what it is told.</summary>
internal sealed class StateDriver(RunMode mode) : OneInputDriver<StateDriver.Command, StateDriver.Answer>(
    OperatorHarness.ForOperator<string, Command, Answer>(
        setup => new StateOperator(setup), command => command.Key, HarnessDriver<OneInputHarness<Command, Answer>, Answer>.Options(mode)))
{
    protected override Command Input(RecordStep record) => new(
        record.Key.GetString()!, record.Value[0].GetString()!, record.Value[1].GetString()!, record.Value[2].GetString()!,
        [.. record.Value.EnumerateArray().Skip(3).Select(a => a.GetRawText())]);

    protected override StepOutput Output(Answer value, long? timestamp)
    {
        using JsonDocument json = JsonDocument.Parse(value.Json);
        return StepOutput.Record(timestamp, value.Key, json.RootElement.Clone());
    }

    public sealed record Command(string Key, string State, string Namespace, string Do, string[] Arguments);

    public sealed record Answer(string Key, string Json);

    public record struct CountAndSum(long Count, long Sum);

    private readonly struct Counting : IAggregate<long, CountAndSum, long[]>
    {
        public CountAndSum Create() => default;

        public void Add(ref CountAndSum accumulator, in long value) => accumulator = new CountAndSum(accumulator.Count + 1, accumulator.Sum + value);

        public long[] Result(in CountAndSum accumulator) => [accumulator.Count, accumulator.Sum];

        public void Merge(ref CountAndSum into, in CountAndSum from) => into = new CountAndSum(into.Count + from.Count, into.Sum + from.Sum);
    }

    private sealed class StateOperator(OperatorSetup setup) : KeyedOperator<string, Command, Answer>(setup)
    {
        private readonly List<string> _answers = [];
        private NamespacedState<string, string> _state = null!;
        private HeapValueState<KeyAnd<string, string>, long?> _value = null!;
        private HeapListState<KeyAnd<string, string>, long> _list = null!;
        private HeapMapState<KeyAnd<string, string>, string, long> _map = null!;
        private HeapReducingState<KeyAnd<string, string>, long> _reducing = null!;
        private HeapAggregatingState<KeyAnd<string, string>, long, CountAndSum, long[]> _aggregating = null!;

        public override void Open()
        {
            _state = Keyed.Namespaced<string>();
            _value = _state.Value<long?>("value");
            _list = _state.List<long>("list");
            _map = _state.Map<string, long>("map");
            _reducing = _state.Reducing<long>("reducing", (a, b) => a + b);
            _aggregating = _state.Aggregating<long, CountAndSum, long[]>("aggregating", default(Counting));
            base.Open();
        }

        protected override int Process(KeyedBatch<string, Command> batch, int from)
        {
            int i = from;
            while (i < batch.Count && !Main.IsFull)
            {
                Keyed.SetKey(in batch.Keys[i], batch.Hashes[i]);
                Command command = batch.Values[i];
                _state.SetNamespace(command.Namespace);
                Do(command);
                foreach (string answer in _answers)
                {
                    Main.Output.Emit(new Answer(command.Key, answer), batch.Timestamps[i]);
                }

                _answers.Clear();
                i++;
            }

            return i - from;
        }

        private void Do(Command command)
        {
            JsonElement[] arguments = [.. command.Arguments.Select(a => JsonSerializer.Deserialize<JsonElement>(a))];
            switch (command.State, command.Do)
            {
                case ("value", "get"):
                    Answer(_value.GetOr(null));
                    break;
                case ("value", "put"):
                    _value.Set(arguments[0].ValueKind == JsonValueKind.Null ? null : arguments[0].GetInt64());
                    break;
                case ("value", "clear"):
                    _value.Clear();
                    break;
                case ("list", "get"):
                    Answer(_list.Get());
                    break;
                case ("list", "add"):
                    _list.Add(arguments[0].GetInt64());
                    break;
                case ("list", "addAll"):
                    _list.AddRange(arguments[0].EnumerateArray().Select(v => v.GetInt64()));
                    break;
                case ("list", "update"):
                    _list.Update(arguments[0].EnumerateArray().Select(v => v.GetInt64()));
                    break;
                case ("list", "clear"):
                    _list.Clear();
                    break;
                case ("list", "merge"):
                    Merge(_list, arguments[0]);
                    break;
                case ("map", "get"):
                    Answer(_map.TryGet(arguments[0].GetString()!, out long found) ? found : (long?)null);
                    break;
                case ("map", "put"):
                    _map.Set(arguments[0].GetString()!, arguments[1].GetInt64());
                    break;
                case ("map", "putAll"):
                    foreach (JsonProperty entry in arguments[0].EnumerateObject())
                    {
                        _map.Set(entry.Name, entry.Value.GetInt64());
                    }

                    break;
                case ("map", "remove"):
                    _map.Remove(arguments[0].GetString()!);
                    break;
                case ("map", "contains"):
                    Answer(_map.Contains(arguments[0].GetString()!));
                    break;
                case ("map", "isEmpty"):
                    Answer(_map.IsEmpty);
                    break;
                case ("map", "keys"):
                    Answer(_map.Entries.Select(e => e.Key).Order(StringComparer.Ordinal));
                    break;
                case ("map", "values"):
                    Answer(_map.Entries.Select(e => e.Value).Order());
                    break;
                case ("map", "entries"):
                    Answer(_map.Entries.ToDictionary());
                    break;
                case ("map", "clear"):
                    _map.Clear();
                    break;
                case ("reducing", "get"):
                    Answer(_reducing.TryGet(out long reduced) ? reduced : (long?)null);
                    break;
                case ("reducing", "add"):
                    _reducing.Add(arguments[0].GetInt64());
                    break;
                case ("reducing", "clear"):
                    _reducing.Clear();
                    break;
                case ("reducing", "merge"):
                    Merge(_reducing, arguments[0]);
                    break;
                case ("aggregating", "get"):
                    Answer(_aggregating.TryGet(out long[]? result) ? result : null);
                    break;
                case ("aggregating", "add"):
                    _aggregating.Add(arguments[0].GetInt64());
                    break;
                case ("aggregating", "clear"):
                    _aggregating.Clear();
                    break;
                case ("aggregating", "merge"):
                    Merge(_aggregating, arguments[0]);
                    break;
                default:
                    throw new NotSupportedException($"{command.State} {command.Do}");
            }
        }

        private void Merge(IMergingState<KeyAnd<string, string>> state, JsonElement from) =>
            _state.Merge(state, [.. from.EnumerateArray().Select(n => n.GetString()!)]);

        private void Answer<T>(T answer) => _answers.Add(JsonSerializer.Serialize(answer));
    }
}
