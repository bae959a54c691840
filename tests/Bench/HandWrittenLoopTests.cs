using OrleansStream.Bench.Workloads;

namespace OrleansStream.Bench.Tests;

public class HandWrittenLoopTests
{
    private static readonly HandWrittenLoop _loop = new();

    public static TheoryData<string> Jobs => [.. Workload.All.Select(w => w.Name)];

    public static TheoryData<string, int> JobsAndParallelisms
    {
        get
        {
            TheoryData<string, int> data = [];
            foreach (Workload job in Workload.All)
            {
                foreach (int parallelism in new[] { 1, 2, 3, 5 })
                {
                    data.Add(job.Name, parallelism);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Jobs))]
    public void Run_at_the_size_with_a_known_answer_gives_it(string name)
    {
        Workload job = Workload.Find(name)!;
        WorkloadResult result = _loop.Run(KnownAnswer.Sizes(job));
        Assert.Equal(KnownAnswer.Of(job), new KnownAnswer(result.Count, result.Sum));
    }

    [Theory]
    [MemberData(nameof(JobsAndParallelisms))]
    public void Run_gives_what_the_naive_model_gives(string name, int parallelism)
    {
        Workload job = Workload.Find(name)!;
        // Few events per millisecond, so that windows come and go and sessions end by silence.
        WorkloadParameters sizes = new(job, 60_000, 60, 2, parallelism);
        Assert.Empty(sizes.Problems());
        WorkloadResult result = _loop.Run(sizes);
        Assert.Equal(NaiveModel.Run(sizes), new KnownAnswer(result.Count, result.Sum));
    }

    [Fact]
    public void Run_with_more_keys_than_a_table_starts_with_grows_it()
    {
        WorkloadParameters sizes = new(Workload.Find("keyed-sum")!, 200_000, 2_000_000, 1000, 2);
        WorkloadResult result = _loop.Run(sizes);
        Assert.Equal(NaiveModel.Run(sizes), new KnownAnswer(result.Count, result.Sum));
    }
}
