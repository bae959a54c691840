using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>Lets requests in by their token, and pages of a browser never.</summary>
internal sealed class Gate(RequestDelegate next, RestOptions options)
{
    /// <summary>What probes ask without a token.</summary>
    public const string HealthPath = "/health";

    private const string Scheme = "Bearer ";
    private readonly byte[]? _token = Digest(options.Token);
    private readonly byte[]? _adminToken = Digest(options.AdminToken);

    public Task InvokeAsync(HttpContext http)
    {
        // A page that the user has open elsewhere can reach loopback; it says where it comes from.
        if (http.Request.Headers.ContainsKey(HeaderNames.Origin) || !IsOwnHost(http.Request.Host))
        {
            throw new JobServiceException(JobServiceError.Forbidden, "Requests of web pages are refused, and so are host names that are not this service's.");
        }

        if (http.Request.Path.StartsWithSegments(HealthPath, StringComparison.Ordinal))
        {
            return next(http);
        }

        byte[]? given = Digest(Bearer(http));
        bool isAdmin = Matches(given, _adminToken);
        if (_token is not null && !isAdmin && !Matches(given, _token))
        {
            throw new JobServiceException(JobServiceError.Unauthorized, "The request has no token that this service knows. Send 'Authorization: Bearer <rest.token>'; for ostream, --token or ORLEANSSTREAM_TOKEN.");
        }

        if (!isAdmin && http.GetEndpoint()?.Metadata.GetMetadata<AdminOnly>() is not null)
        {
            throw new JobServiceException(JobServiceError.Forbidden, _adminToken is null
                ? "Packages are code, so uploading and deleting them needs the admin token, and this service has none. Set rest.admin-token."
                : "Packages are code, so uploading and deleting them needs the admin token (rest.admin-token).");
        }

        return next(http);
    }

    // Without a token a name that an attacker's DNS points at loopback must not work; with one the token decides.
    private bool IsOwnHost(HostString host) => _token is not null || host.Host is "localhost" or "127.0.0.1" or "[::1]";

    private static string? Bearer(HttpContext http) =>
        http.Request.Headers.Authorization.ToString() is { } header && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;

    private static byte[]? Digest(string? token) => token is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static bool Matches(byte[]? given, byte[]? wanted) => given is not null && wanted is not null && CryptographicOperations.FixedTimeEquals(given, wanted);
}
