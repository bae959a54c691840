namespace OrleansStream.Engine.Tests.Calls;

/// <summary>Random records, delays, failures, watermarks, snapshots and clock steps, beside a model that knows nothing of calls.</summary>
public sealed class AsyncPropertyTests
{
    [Theory]
    [MemberData(nameof(Seeds))]
    public void Any_course_of_calls_gives_each_record_once_in_its_place(int seed)
    {
        Random random = new(seed);
        bool ordered = seed % 2 == 0;
        bool restores = seed % 3 > 0;
        AsyncOptions options = new() { Ordered = ordered, Capacity = random.Next(1, 6), Retry = Retry.Fixed(3, TimeSpan.FromMilliseconds(random.Next(5))) };
        using OneInputHarness<Job, string> harness = OperatorHarness.ForAsync(() => new Slow(), options, new HarnessOptions { BatchSize = random.Next(1, 4) });
        List<List<string>> expected = [[]];
        List<long> watermarks = [];
        for (int i = 0; i < 120; i++)
        {
            switch (random.Next(10))
            {
                case 0:
                    watermarks.Add(i);
                    expected.Add([]);
                    harness.Watermark(i);
                    break;
                case 1 when restores:
                    harness.SnapshotAndRestore();
                    break;
                case < 4:
                    harness.AdvanceClock(TimeSpan.FromMilliseconds(random.Next(25)));
                    break;
                default:
                    Job job = new(i, random.Next(20), random.Next(4) == 0 ? random.Next(3) : 0, random.Next(8) == 0 ? random.Next(4) : 1);
                    expected[^1].AddRange(Enumerable.Range(0, job.Results).Select(r => job.Results == 1 ? $"{i}" : $"{i}.{r}"));
                    harness.Send(job, at: i);
                    break;
            }

            RequirePrefix(harness, expected, watermarks, ordered, restores);
        }

        harness.EndOfInput().AdvanceClock(TimeSpan.FromSeconds(20));
        RequirePrefix(harness, expected, watermarks, ordered, restores);
        Assert.Equal(expected.Sum(e => e.Count), harness.Output.Count);
        Assert.Equal(HarnessOutputKind.End, harness.Log[^1].Kind);
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 40)];

    // What has left so far is what the model says, as far as it goes. Nothing comes behind a watermark that it was sent before; nor, as long as nothing is restored, before one that it was sent behind.
    private static void RequirePrefix(OneInputHarness<Job, string> harness, List<List<string>> expected, List<long> watermarks, bool ordered, bool restores)
    {
        List<string> open = restores ? [.. expected.SelectMany(e => e)] : [.. expected[0]];
        int segment = 0;
        foreach (HarnessOutput output in harness.Log)
        {
            if (output.Value is string value)
            {
                Assert.Contains(value, open);
                if (ordered)
                {
                    Assert.Equal(open[0], value);
                }

                open.Remove(value);
            }
            else if (output.Kind == HarnessOutputKind.Watermark)
            {
                // Watermarks that nothing stands between may have become one.
                for (; segment < watermarks.Count && watermarks[segment] <= output.Timestamp; segment++)
                {
                    Assert.DoesNotContain(open, v => expected[segment].Contains(v));
                    open = restores ? open : [.. expected[segment + 1]];
                }
            }
        }
    }
}
