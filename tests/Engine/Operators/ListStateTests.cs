using OrleansStream.State;
using OrleansStream.TestKit;

namespace OrleansStream.Engine.Tests.Operators;

public sealed class ListStateTests
{
    [Fact]
    public void A_list_may_be_appended_to_itself()
    {
        using OneInputHarness<long, string> harness = OperatorHarness.For<int, long, string>(() => new Repeating(), _ => 1);

        harness.Send(1).Send(2);

        Assert.Equal(["1,1", "1,1,2,1,1,2"], harness.Output);
    }

    private sealed class Repeating : KeyedProcessFunction<int, long, string>
    {
        private ListState<long> _list = null!;

        public override void Open(OpenContext context) => _list = context.State.List<long>("list");

        public override void Process(in long value, KeyedContext<int> context, Output<string> output)
        {
            _list.Add(value);
            _list.AddRange(_list.Get());
            output.Emit(string.Join(',', _list.Get()));
        }
    }
}
