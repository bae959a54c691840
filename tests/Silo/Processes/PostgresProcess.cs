using System.Globalization;
using Npgsql;
using OrleansStream.Recovery;

namespace OrleansStream.SiloTests.Processes;

/// <summary>A Postgres of its own, on a free port of loopback, with Debian's package. It does not run as root, so that root starts it as the user that the package makes.</summary>
internal sealed class PostgresProcess : IMembershipServer
{
    private const string Packages = "/usr/lib/postgresql";
    private const string User = "postgres";
    private readonly string _folder;
    private readonly int _port;
    private readonly TestProcess _process;

    private PostgresProcess(string folder, int port)
    {
        _folder = folder;
        _port = port;
        _process = Start("postgres", "-D", folder, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=100");
    }

    public static bool IsInstalled => Programs is not null;

    public string Kind => "postgres";

    public string ConnectionString => ConnectionStringOf(User);

    private static string? Programs { get; } = !Directory.Exists(Packages) ? null
        : Directory.EnumerateDirectories(Packages).OrderByDescending(d => double.TryParse(Path.GetFileName(d), CultureInfo.InvariantCulture, out double version) ? version : 0)
            .Select(d => Path.Combine(d, "bin")).FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")));

    public static async Task<PostgresProcess> StartAsync()
    {
        string folder = Directory.CreateTempSubdirectory("ostream-postgres-").FullName;
        if (Environment.IsPrivilegedProcess)
        {
            using TestProcess own = TestProcess.StartProgram("chown", folder, [User, folder]);
            Assert.Equal(0, await own.WaitForExitAsync());
        }

        using (TestProcess made = Start("initdb", "-D", folder, "-U", User, "-A", "trust", "-E", "UTF8", "--no-sync"))
        {
            Assert.True(await made.WaitForExitAsync() == 0, $"initdb:\n{made.Output}\n{made.Errors}");
        }

        PostgresProcess postgres = new(folder, SiloProcess.FreePort());
        await Eventually.IsTrueAsync(postgres.AnswersAsync, "Postgres to answer");
        return postgres;
    }

    /// <summary>The connection string of another account.</summary>
    public string ConnectionStringOf(string user) => string.Create(CultureInfo.InvariantCulture, $"Host=127.0.0.1;Port={_port};Username={user};Database=postgres");

    /// <summary>Runs a statement.</summary>
    /// <returns>The first value.</returns>
    public async Task<object?> AskAsync(string sql)
    {
        await using NpgsqlConnection connection = new(ConnectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            // It ends at once, with all its processes, so that nobody writes into the folder any more.
            _process.Interrupt();
            _process.WaitForExitAsync().GetAwaiter().GetResult();
        }

        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static TestProcess Start(string program, params string[] arguments)
    {
        string path = Path.Combine(Programs!, program);
        return Environment.IsPrivilegedProcess
            ? TestProcess.StartProgram("setpriv", "/", ["--reuid", User, "--regid", User, "--clear-groups", path, .. arguments])
            : TestProcess.StartProgram(path, "/", arguments);
    }

    private async Task<bool> AnswersAsync()
    {
        try
        {
            await AskAsync("SELECT 1");
            return true;
        }
        catch (NpgsqlException)
        {
            Assert.False(_process.HasExited, $"Postgres has ended:\n{_process.Output}\n{_process.Errors}");
            return false;
        }
    }
}

/// <summary>A test that needs Postgres; left out, with the name of the Debian package, where it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class PostgresFactAttribute : FactAttribute
{
    /// <summary>Looks whether Postgres is installed.</summary>
    public PostgresFactAttribute()
    {
        if (!PostgresProcess.IsInstalled)
        {
            Skip = "LEFT OUT: clusters of silo processes on Postgres need its server. Install the Debian package postgresql.";
        }
    }
}
