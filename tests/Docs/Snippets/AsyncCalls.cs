using OrleansStream.TestKit;
using System.Net.Http.Json;

namespace OrleansStream.Docs.AsyncCalls;

public sealed record Order(string Id, string Customer, decimal Amount);

public sealed record Customer(string Name, string Country);

public sealed record Shipment(Order Order, Customer? Customer);

internal static class Calls
{
    public static void Chains(DataStream<Order> orders, HttpClient http)
    {
        #region map-async
        orders.MapAsync(
            async (order, cancel) => new Shipment(order, await http.GetFromJsonAsync<Customer>($"customers/{order.Customer}", cancel)),
            new AsyncOptions
            {
                Capacity = 200,                              // records in flight in each subtask
                Ordered = false,                             // results leave as they come, but never past a watermark
                Timeout = TimeSpan.FromSeconds(5),           // all attempts together
                Retry = Retry.Exponential(3).When(e => e is HttpRequestException),
            })
            .WithUid("customers");
        #endregion
    }
}

#region async-function
public sealed class CustomerLookUp : AsyncFunction<Order, Shipment>
{
    private HttpClient _http = null!;

    public override ValueTask OpenAsync(OpenContext context, CancellationToken cancel)
    {
        _http = new HttpClient { BaseAddress = new Uri(context.Arguments.Get("customers", "http://localhost:5000")) };
        return ValueTask.CompletedTask;
    }

    public override async ValueTask ProcessAsync(Order order, Output<Shipment> output, CancellationToken cancel) =>
        output.Emit(new Shipment(order, await _http.GetFromJsonAsync<Customer>($"customers/{order.Customer}", cancel)));

    public override bool OnTimeout(in Order order, Output<Shipment> output)
    {
        output.Emit(new Shipment(order, null));
        return true;
    }

    public override ValueTask CloseAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }
}
#endregion

#region async-test
public sealed class DoublingTests
{
    private sealed class Doubling : AsyncFunction<int, int>
    {
        private TimeProvider _time = TimeProvider.System;

        public override void Open(OpenContext context) => _time = TestTime.Of(context.Services);

        public override async ValueTask ProcessAsync(int value, Output<int> output, CancellationToken cancel)
        {
            await _time.WaitAsync(100 - value, cancel);
            output.Emit(2 * value);
        }
    }

    [Fact]
    public void Results_come_in_the_order_of_the_records()
    {
        using OneInputHarness<int, int> harness = OperatorHarness.ForAsync(() => new Doubling());

        harness.Send(1).Send(50).At(60);
        Assert.Empty(harness.Output);

        harness.At(99);
        Assert.Equal([2, 100], harness.Output);
    }
}
#endregion
