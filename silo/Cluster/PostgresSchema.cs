using Npgsql;

namespace OrleansStream.Silo;

/// <summary>The tables and queries that Orleans needs in a Postgres database: those of <c>deploy/postgres/orleans.sql</c>, unless the database has some already.</summary>
internal static class PostgresSchema
{
    private const string Resource = "OrleansStream.Silo.orleans.sql";

    // Any number that others do not take; silos that start at once make the tables one after the other.
    private const long Lock = 0x6f7374726d;

    /// <summary>Makes what is missing.</summary>
    /// <param name="connectionString">The database.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="ConnectorException">The database cannot be reached, or its account may not make tables.</exception>
    public static async Task EnsureAsync(string connectionString, CancellationToken cancel)
    {
        try
        {
            NpgsqlConnection connection = new(connectionString);
            await using (connection.ConfigureAwait(false))
            {
                await connection.OpenAsync(cancel).ConfigureAwait(false);
                NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                await using (transaction.ConfigureAwait(false))
                {
                    await RunAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancel).ConfigureAwait(false);
                    if (await RunAsync(connection, "SELECT to_regclass('orleansquery')::text", cancel).ConfigureAwait(false) is DBNull)
                    {
                        await RunAsync(connection, Script(), cancel).ConfigureAwait(false);
                        await transaction.CommitAsync(cancel).ConfigureAwait(false);
                    }
                }
            }
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new ConnectorException(
                $"cluster.connection-string: the account may not make the tables that Orleans needs ({e.MessageText}). Apply deploy/postgres/orleans.sql with one that may, or grant CREATE on the schema.", e);
        }
        catch (Exception e) when (e is NpgsqlException or ArgumentException)
        {
            throw new ConnectorException($"cluster.connection-string: the database cannot be used: {e.Message}", e, canRetry: true);
        }
    }

    // Without parameters: those in the queries of the script are for Orleans.
    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        NpgsqlCommand command = connection.CreateCommand();
        await using (command.ConfigureAwait(false))
        {
            command.CommandText = sql;
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false);
        }
    }

    private static string Script()
    {
        using StreamReader script = new(typeof(PostgresSchema).Assembly.GetManifestResourceStream(Resource)!);
        return script.ReadToEnd();
    }
}
