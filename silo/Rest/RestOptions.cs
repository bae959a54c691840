using System.Net;

namespace OrleansStream.Silo;

/// <summary>The options of REST.</summary>
public sealed record RestOptions
{
    /// <summary><c>rest.url</c>: where REST listens. Anything but loopback needs a token. Default: <c>http://localhost:8081</c>.</summary>
    public string Url { get; init; } = "http://localhost:8081";

    /// <summary><c>rest.token</c>: what a request has to bring as <c>Authorization: Bearer …</c>; at least 16 characters. Default: null, no token, on loopback only.</summary>
    public string? Token { get; init; }

    /// <summary><c>rest.admin-token</c>: allows all that <see cref="Token"/> does, and to upload and delete packages, which is to run code. Default: null, packages are read only.</summary>
    public string? AdminToken { get; init; }

    /// <summary><c>rest.max-body</c>: bytes of a request, but for uploads. Default: 1 MiB.</summary>
    public long MaxBody { get; init; } = 1 << 20;

    internal void Validate(Action<bool, string, object?, string> check)
    {
        const int ShortestToken = 16;
        bool isUrl = Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) && uri.Scheme == "http" && uri.PathAndQuery == "/";
        check(isUrl, "rest.url", Url, "must be http://host:port; put a proxy in front for https");
        check(
            !isUrl || Token is not null || IsLoopback(uri!), "rest.url", Url, "is not loopback, which needs rest.token; with it every request must bring the token");
        check(Token is null || Token.Length >= ShortestToken, "rest.token", "…", $"must have at least {ShortestToken} characters");
        check(AdminToken is null || AdminToken.Length >= ShortestToken, "rest.admin-token", "…", $"must have at least {ShortestToken} characters");
        check(AdminToken is null || AdminToken != Token, "rest.admin-token", "…", "must not be rest.token: who may submit could upload code");
        check(MaxBody >= 4096, "rest.max-body", MaxBody, "must be at least 4 KiB (4096)");
    }

    private static bool IsLoopback(Uri uri) => uri.Host is "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
