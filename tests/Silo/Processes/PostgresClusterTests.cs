using System.Globalization;
using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Service;

namespace OrleansStream.SiloTests.Processes;

/// <summary>Silos as processes that find each other by Postgres, in a database that is empty before: they make what Orleans needs in it.</summary>
public sealed class PostgresClusterTests
{
    [PostgresFact]
    public async Task Silos_make_the_schema_survive_a_kill_and_an_outage_of_all_and_keep_their_list_of_jobs()
    {
        PostgresProcess postgres = await PostgresProcess.StartAsync();
        await using SiloProcesses cluster = await SiloProcesses.StartAsync(2, new TemporaryFolder(), postgres);
        Assert.Equal(2L, await postgres.AskAsync("SELECT count(*) FROM ostream_member WHERE Status = 3"));
        StreamJob job = await cluster.SubmitAsync("postgres", 40_000, 2000);
        await Eventually.IsTrueAsync(() => cluster.Commits("postgres") > 0, "the first commit");

        await cluster[1].Process.KillAfterAsync(TimeSpan.Zero);
        await cluster.StartAgainAsync(1);
        await cluster[1].WhenReadyAsync();
        int before = cluster.Commits("postgres");
        await Eventually.IsTrueAsync(() => cluster.Commits("postgres") > before, "a commit after the kill");

        // All at once: what is left is the directory of checkpoints, and the list of jobs in the database.
        for (int silo = 0; silo < 2; silo++)
        {
            await cluster[silo].Process.KillAfterAsync(TimeSpan.Zero);
        }

        for (int silo = 0; silo < 2; silo++)
        {
            await cluster.StartAgainAsync(silo);
        }

        JobInfo ended = await job.WaitAsync();
        Assert.True(ended.State == JobState.Finished, $"{ended.Failure?.Message}\n{cluster.Tails()}");
        Assert.True(ended.Attempt > 2);
        Assert.Equal(40_000, SampleOutput.Counts(cluster.Folder.At("postgres")).Values.Sum());
        Assert.Equal(1L, await postgres.AskAsync("SELECT count(*) FROM ostream_reminder"));
        Assert.True((long)(await postgres.AskAsync("SELECT count(*) FROM ostream_grain_state WHERE PayloadBinary IS NOT NULL"))! > 0);
    }

    [PostgresFact]
    public async Task The_schema_is_made_once_and_an_account_without_the_right_is_told_what_to_do()
    {
        using PostgresProcess postgres = await PostgresProcess.StartAsync();
        await postgres.AskAsync("CREATE ROLE poor LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        ConnectorException refused = await Assert.ThrowsAsync<ConnectorException>(() => PostgresSchema.EnsureAsync(postgres.ConnectionStringOf("poor") + ";Pooling=false", default));
        Assert.Contains("deploy/postgres/orleans.sql", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.CanRetry);
        Assert.Equal(DBNull.Value, await postgres.AskAsync("SELECT to_regclass('orleansquery')::text"));

        // Silos start at the same time, and again later.
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => PostgresSchema.EnsureAsync(postgres.ConnectionString + ";Pooling=false", default)));
        await PostgresSchema.EnsureAsync(postgres.ConnectionString + ";Pooling=false", default);
        long queries = (long)(await postgres.AskAsync("SELECT count(*) FROM OrleansQuery"))!;
        Assert.True(queries >= 20, string.Create(CultureInfo.InvariantCulture, $"There are {queries} queries."));
        ConnectorException nobody = await Assert.ThrowsAsync<ConnectorException>(() => PostgresSchema.EnsureAsync("Host=127.0.0.1;Port=1;Username=x;Timeout=5", default));
        Assert.Contains("cluster.connection-string", nobody.Message, StringComparison.Ordinal);
        Assert.True(nobody.CanRetry);
    }
}
