using System.CommandLine;
using System.Text.Json;
using OrleansStream.Service;

namespace OrleansStream.Cli;

/// <summary><c>ostream key</c>: asks a key of a job for a state, or tells it a message.</summary>
internal sealed class KeyCommand
{
    private const string Summary =
        "Asks a key of a job for a state, or tells its keyed grain a message.\n\n"
        + "Examples:\n"
        + "  ostream key FraudJob accounts \"DE02 1203\"\n"
        + "  ostream key FraudJob accounts \"DE02 1203\" --ask balance\n"
        + "  ostream key FraudJob accounts \"DE02 1203\" --tell Freeze --message '{\"reason\": \"stolen\"}' --durable\n"
        + "  ostream key FraudJob routes '{\"from\": \"BER\", \"to\": \"LIS\"}' --ask count";

    private readonly Argument<string> _operator = new("operator") { Description = "The uid of the operator; 'ostream status' shows it." };
    private readonly Argument<string> _key = new("key") { Description = "The key: a text, a number; a record as JSON, in braces. A text that begins with a brace, a bracket or a quotation mark is given as JSON too, in quotation marks." };
    private readonly Option<string> _ask = new("--ask") { Description = "The name of the state to ask for. Default: all that the key has.", HelpName = "state" };
    private readonly Option<string> _tell = new("--tell") { Description = "The type of the message, as the operator accepts it, with or without namespace.", HelpName = "type" };
    private readonly Option<string> _message = new("--message") { Description = "The message, as JSON. Default: {}, a message without members.", HelpName = "json" };
    private readonly Option<bool> _durable = new("--durable") { Description = "Wait for a checkpoint that contains the answer, or what the message has done." };
    private readonly Option<string> _id = new("--id") { Description = "The id of the message, 32 lower-case hexadecimal digits: told again with it, it is applied once. Default: a random one." };

    /// <summary>The command, without what every command that talks to a cluster has.</summary>
    public Command Create() => new("key", Summary) { _operator, _key, _ask, _tell, _message, _durable, _id };

    /// <summary>What was typed, as a call.</summary>
    /// <exception cref="OptionsException">It was typed wrong.</exception>
    public KeyCall Read(ParseResult parsed)
    {
        (string? ask, string? tell, string? message) = (parsed.GetValue(_ask), parsed.GetValue(_tell), parsed.GetValue(_message));
        if (ask is not null && tell is not null)
        {
            throw new OptionsException("Give --ask or --tell, not both.");
        }

        if (tell is null && message is not null)
        {
            throw new OptionsException("--message goes with --tell.");
        }

        string key = parsed.GetValue(_key)!;
        return new KeyCall
        {
            Id = parsed.GetValue(_id) ?? Guid.NewGuid().ToString("N"),
            Operator = parsed.GetValue(_operator)!,
            Key = key.Length > 0 && key[0] is '{' or '[' or '"' ? Json(key, "key") : JsonSerializer.SerializeToElement(key),
            Ask = tell is null ? ask ?? KeyRequests.AllStates : null,
            Tell = tell,
            Message = tell is null ? null : Json(message ?? "{}", "--message"),
            Durable = parsed.GetValue(_durable),
        };
    }

    private static JsonElement Json(string text, string what)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException e)
        {
            throw new OptionsException($"{what} {text}: is no JSON. {e.Message}");
        }
    }
}
