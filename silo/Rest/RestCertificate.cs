using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansStream.Silo;

/// <summary>The certificate of REST over https, and those between it and its authority.</summary>
internal sealed record RestCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain) : IDisposable
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";

    /// <summary>Reads the files that the options name.</summary>
    /// <param name="options">The options, with a certificate.</param>
    /// <param name="check">Is told of what is wrong: whether it is right, the option, its value, the rule.</param>
    /// <returns>The certificate with its private key; null if something is wrong.</returns>
    public static RestCertificate? Load(RestOptions options, Action<bool, string, object?, string> check)
    {
        RestCertificate? read = Read(options, check);
        if (read?.Problem() is not { } problem)
        {
            return read;
        }

        check(false, "rest.certificate", options.Certificate, problem);
        read.Dispose();
        return null;
    }

    public void Dispose()
    {
        Certificate.Dispose();
        foreach (X509Certificate2 other in Chain)
        {
            other.Dispose();
        }
    }

    private static RestCertificate? Read(RestOptions options, Action<bool, string, object?, string> check)
    {
        string file = options.Certificate!;
        check(File.Exists(file), "rest.certificate", file, "there is no such file");
        check(options.CertificateKey is null || File.Exists(options.CertificateKey), "rest.certificate-key", options.CertificateKey, "there is no such file");
        if (!File.Exists(file) || (options.CertificateKey is not null && !File.Exists(options.CertificateKey)))
        {
            return null;
        }

        try
        {
            if (X509Certificate2.GetCertContentType(file) != X509ContentType.Pfx)
            {
                return OfPem(file, options.CertificateKey ?? file, options.CertificatePassword);
            }

            check(options.CertificateKey is null, "rest.certificate-key", options.CertificateKey, "goes with a PEM file; the PFX of rest.certificate has its key");
            return options.CertificateKey is null ? OfPfx(file, options.CertificatePassword) : null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            string password = options.CertificatePassword is null ? "without a password (rest.certificate-password)" : "with rest.certificate-password";
            check(false, "rest.certificate", file, $"cannot be read {password} as a PFX, or as a PEM with its key there or in rest.certificate-key: {e.Message}");
            return null;
        }
    }

    private static RestCertificate OfPfx(string file, string? password)
    {
        X509Certificate2Collection all = X509CertificateLoader.LoadPkcs12CollectionFromFile(file, password);
        X509Certificate2 own = all.FirstOrDefault(c => c.HasPrivateKey) ?? throw new CryptographicException("no certificate in it has a private key.");
        return new RestCertificate(own, [.. all.Where(c => c != own)]);
    }

    // The first certificate of the file is the silo's own.
    private static RestCertificate OfPem(string file, string keyFile, string? password)
    {
        X509Certificate2 own = password is null ? X509Certificate2.CreateFromPemFile(file, keyFile) : X509Certificate2.CreateFromEncryptedPemFile(file, password, keyFile);
        if (OperatingSystem.IsWindows())
        {
            // Its TLS takes no key that is in memory only.
            own = X509CertificateLoader.LoadPkcs12(own.Export(X509ContentType.Pfx), null);
        }

        X509Certificate2Collection all = [];
        all.ImportFromPemFile(file);
        return new RestCertificate(own, [.. all.Skip(1)]);
    }

    // Every client would refuse it.
    private string? Problem()
    {
        DateTime now = DateTime.UtcNow;
        return Certificate.NotAfter.ToUniversalTime() < now ? $"has expired, at {Text(Certificate.NotAfter)}"
            : Certificate.NotBefore.ToUniversalTime() > now ? $"is not valid before {Text(Certificate.NotBefore)}"
            : !IsForServers() ? "is not for servers: among its extended key usages is no server authentication"
            : null;
    }

    private bool IsForServers()
    {
        X509EnhancedKeyUsageExtension[] usages = [.. Certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>()];
        return usages.Length == 0 || usages.Any(u => u.EnhancedKeyUsages.Cast<Oid>().Any(o => o.Value == ServerAuthentication));
    }

    private static string Text(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
