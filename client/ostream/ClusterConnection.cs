using System.CommandLine;
using OrleansStream.Client;
using OrleansStream.Service;

namespace OrleansStream.Cli;

/// <summary>The options of every command that talks to a cluster, and what becomes of errors.</summary>
internal sealed class ClusterConnection
{
    private const string UrlVariable = "ORLEANSSTREAM_URL";
    private const string TokenVariable = "ORLEANSSTREAM_TOKEN";
    private const string TrustVariable = "ORLEANSSTREAM_TRUSTED_CERTIFICATE";
    private const string DefaultUrl = "http://localhost:8081";

    private readonly Option<string> _url = new("--url") { Description = $"The address of a silo's REST; several, separated by commas, are tried in turn. Default: {UrlVariable}, else {DefaultUrl}.", HelpName = "url" };
    private readonly Option<string> _token = new("--token") { Description = $"The token (rest.token, rest.admin-token). Default: {TokenVariable}, which other users of the machine cannot see.", HelpName = "token" };
    private readonly Option<string> _trust = new("--trusted-certificate") { Description = $"With https: a PEM file of certificates that are trusted instead of the machine's. Default: {TrustVariable}.", HelpName = "file" };
    private readonly Option<int> _retry = new("--retry-for") { Description = "For how many seconds a silo that does not answer is tried. Default: 10.", HelpName = "seconds", DefaultValueFactory = _ => 10 };
    private readonly Option<bool> _json = new("--json") { Description = "Write JSON, a line, for machines." };

    public ClusterConnection(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_token);
        command.Options.Add(_trust);
        command.Options.Add(_retry);
        command.Options.Add(_json);
    }

    public async Task<int> RunAsync(ParseResult parsed, Func<StreamClient, ClusterOutput, Task<int>> action, CancellationToken cancel)
    {
        try
        {
            StreamClientOptions options = new()
            {
                Token = parsed.GetValue(_token) ?? Environment.GetEnvironmentVariable(TokenVariable),
                TrustedCertificate = parsed.GetValue(_trust) ?? Environment.GetEnvironmentVariable(TrustVariable),
                RetryFor = TimeSpan.FromSeconds(parsed.GetValue(_retry)),
            };
            StreamClient client = StreamClient.Connect(parsed.GetValue(_url) ?? Environment.GetEnvironmentVariable(UrlVariable) ?? DefaultUrl, options);
            await using (client)
            {
                return await action(client, new ClusterOutput(Console.Out, parsed.GetValue(_json)));
            }
        }
        catch (OptionsException e)
        {
            Console.Error.WriteLine(e.Message);
            return 2;
        }
        catch (JobServiceException e)
        {
            Console.Error.WriteLine(e.Message);
            return e.Code == JobServiceError.InvalidRequest ? 2 : 1;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Not waited for any longer; what was asked for goes on.");
            return 1;
        }
    }
}
