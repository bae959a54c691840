namespace OrleansStream.Engine.Tests.Calls;

/// <summary>A record, how long its call takes, how often it fails first, and how many results it has.</summary>
public sealed record Job(int Number, long TakesMs, int Fails = 0, int Results = 1);

/// <summary>Calls that take as long as their record says, in the time of the host.</summary>
internal sealed class Slow : AsyncFunction<Job, string>
{
    private readonly Dictionary<int, int> _failed = [];
    private TimeProvider _time = TimeProvider.System;

    /// <summary>What was called, in order, over all objects.</summary>
    public List<int> Called { get; init; } = [];

    public List<int> Cancelled { get; init; } = [];

    public int UnderWay { get; private set; }

    public int MostUnderWay { get; private set; }

    /// <summary>What is emitted where a call takes too long; null to fail.</summary>
    public string? Instead { get; init; }

    public override void Open(OpenContext context) => _time = TestTime.Of(context.Services);

    public override async ValueTask ProcessAsync(Job value, Output<string> output, CancellationToken cancel)
    {
        Called.Add(value.Number);
        MostUnderWay = Math.Max(MostUnderWay, ++UnderWay);
        try
        {
            if (value.TakesMs > 0)
            {
                await _time.WaitAsync(value.TakesMs, cancel);
            }
        }
        catch (OperationCanceledException)
        {
            Cancelled.Add(value.Number);
            throw;
        }
        finally
        {
            UnderWay--;
        }

        for (int i = 0; i < value.Results; i++)
        {
            output.Emit(value.Results == 1 ? $"{value.Number}" : $"{value.Number}.{i}");
        }

        int failed = _failed[value.Number] = _failed.GetValueOrDefault(value.Number) + 1;
        if (failed <= value.Fails)
        {
            throw new InvalidOperationException($"failure {failed} of {value.Number}");
        }
    }

    public override bool OnTimeout(in Job value, Output<string> output)
    {
        if (Instead is null)
        {
            return false;
        }

        output.Emit($"{Instead} {value.Number}");
        return true;
    }
}
