using System.Globalization;
using Xunit.Abstractions;

namespace OrleansStream.Simulation;

/// <summary>
/// Jobs on simulated clusters that crash, pause, lose messages and storage. OSTEST_SEEDS: how many seeds; OSTEST_MINUTES: as many as fit into that time; OSTEST_SEED: this seed only;
/// OSTEST_STOP_AT_FIRST: not on after the first violation.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int DefaultSeeds = 500;

    [Fact]
    public void Committed_output_is_that_of_a_run_without_faults()
    {
        long? only = Number("OSTEST_SEED");
        long first = only ?? 1;
        long seeds = only is null ? Number("OSTEST_SEEDS") ?? DefaultSeeds : 1;
        bool stopsAtFirst = Environment.GetEnvironmentVariable("OSTEST_STOP_AT_FIRST") is { Length: > 0 };
        long? minutes = only is null ? Number("OSTEST_MINUTES") : null;
        TimeProvider time = TimeProvider.System;
        long began = time.GetTimestamp();
        long next = first - 1;
        Lock gate = new();
        List<string> failures = [];
        SortedDictionary<string, long> injected = new(StringComparer.Ordinal);
        SortedDictionary<string, long> done = new(StringComparer.Ordinal);
        long runs = 0, faults = 0, crashes = 0, violations = 0, steps = 0;

        void Work()
        {
            while (stopsAtFirst && Volatile.Read(ref violations) > 0 ? false : minutes is { } m ? time.GetElapsedTime(began).TotalMinutes < m : Volatile.Read(ref next) < first + seeds - 1)
            {
                long seed = Interlocked.Increment(ref next);
                if (minutes is null && seed > first + seeds - 1)
                {
                    return;
                }

                SimulationRun run = new SimulationRun(seed).Run();
                lock (gate)
                {
                    runs++;
                    faults += run.Faults;
                    crashes += run.Crashes;
                    steps += run.Cluster.Steps;
                    foreach ((string kind, long count) in run.Injected)
                    {
                        injected[kind] = injected.GetValueOrDefault(kind) + count;
                    }

                    foreach ((string kind, int count) in run.Done)
                    {
                        done[kind] = done.GetValueOrDefault(kind) + count;
                    }

                    if (run.Violation is not null)
                    {
                        violations++;
                        failures.Add(run.Report());
                    }
                }
            }
        }

        Thread[] workers = [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Thread(Work))];
        foreach (Thread worker in workers)
        {
            worker.Start();
        }

        foreach (Thread worker in workers)
        {
            worker.Join();
        }

        foreach (string failure in failures.Take(5))
        {
            output.WriteLine(failure);
        }

        output.WriteLine($"{steps} steps; {string.Join(", ", injected.Select(i => $"{i.Key} {i.Value}"))}");
        output.WriteLine($"owners: {string.Join(", ", done.Select(d => $"{d.Key} {d.Value}"))}");
        output.WriteLine($"seeds {runs}, faults {faults}, crashes {crashes}, violations {violations}");
        Assert.True(violations == 0, failures.Count == 0 ? "" : failures[0]);
    }

    [Fact]
    public void A_seed_reproduces_its_run_step_by_step()
    {
        for (long seed = 1; seed <= 12; seed++)
        {
            SimulationRun once = new SimulationRun(seed).Run();
            SimulationRun again = new SimulationRun(seed).Run();
            Assert.Equal((once.Cluster.Steps, once.Cluster.Trace, once.Header), (again.Cluster.Steps, again.Cluster.Trace, again.Header));
        }
    }

    private static long? Number(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? long.Parse(text, CultureInfo.InvariantCulture) : null;
}
