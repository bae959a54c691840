using System.Net;

namespace OrleansStream.Silo;

/// <summary>The options of REST.</summary>
public sealed record RestOptions
{
    /// <summary><c>rest.url</c>: where REST listens. Anything but loopback needs a token, https a certificate. Default: <c>http://localhost:8081</c>.</summary>
    public string Url { get; init; } = "http://localhost:8081";

    /// <summary><c>rest.token</c>: what a request has to bring as <c>Authorization: Bearer …</c>; at least 16 characters. Default: null, no token, on loopback only.</summary>
    public string? Token { get; init; }

    /// <summary><c>rest.admin-token</c>: allows all that <see cref="Token"/> does, and to upload and delete packages, which is to run code. Default: null, packages are read only.</summary>
    public string? AdminToken { get; init; }

    /// <summary><c>rest.certificate</c>: the file of the certificate for https, a PFX or a PEM; those of authorities between it and the root may be in it. Read when the silo starts. Default: null, none.</summary>
    public string? Certificate { get; init; }

    /// <summary><c>rest.certificate-key</c>: the file of the certificate's private key, a PEM. Default: null, the key is in the file of <see cref="Certificate"/>.</summary>
    public string? CertificateKey { get; init; }

    /// <summary><c>rest.certificate-password</c>: of the PFX, or of the PEM of the key. Default: null, none.</summary>
    public string? CertificatePassword { get; init; }

    /// <summary><c>rest.max-body</c>: bytes of a request, but for uploads. Default: 1 MiB.</summary>
    public long MaxBody { get; init; } = 1 << 20;

    internal void Validate(Action<bool, string, object?, string> check)
    {
        const int ShortestToken = 16;
        bool isUrl = Uri.TryCreate(Url, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.PathAndQuery == "/";
        check(isUrl, "rest.url", Url, "must be http://host:port or https://host:port");
        check(
            !isUrl || Token is not null || IsLoopback(uri!), "rest.url", Url, "is not loopback, which needs rest.token; with it every request must bring the token");
        check(Token is null || Token.Length >= ShortestToken, "rest.token", "…", $"must have at least {ShortestToken} characters");
        check(AdminToken is null || AdminToken.Length >= ShortestToken, "rest.admin-token", "…", $"must have at least {ShortestToken} characters");
        check(AdminToken is null || AdminToken != Token, "rest.admin-token", "…", "must not be rest.token: who may submit could upload code");
        ValidateCertificate(isUrl && uri!.Scheme == "https", check);
        check(MaxBody >= 4096, "rest.max-body", MaxBody, "must be at least 4 KiB (4096)");
    }

    private void ValidateCertificate(bool isSecure, Action<bool, string, object?, string> check)
    {
        if (Certificate is not null)
        {
            check(isSecure, "rest.certificate", Certificate, "has no meaning unless rest.url begins with https://");
            RestCertificate.Load(this, check)?.Dispose();
            return;
        }

        check(!isSecure, "rest.url", Url, "is https, which needs rest.certificate: the file of a PFX, or of a PEM with rest.certificate-key");
        check(CertificateKey is null, "rest.certificate-key", CertificateKey, "needs rest.certificate");
        check(CertificatePassword is null, "rest.certificate-password", "…", "needs rest.certificate");
    }

    private static bool IsLoopback(Uri uri) => uri.Host is "localhost" || (IPAddress.TryParse(uri.Host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));
}
