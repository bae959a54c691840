using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansStream.Client;

/// <summary>The certificates that a client trusts instead of the machine's. The name in the address and the dates of a certificate are looked at all the same.</summary>
internal static class TrustedCertificates
{
    /// <summary>Reads a file of certificates.</summary>
    /// <exception cref="FormatException">It cannot be read; the message is the rule.</exception>
    public static X509Certificate2Collection Read(string file)
    {
        if (!File.Exists(file))
        {
            throw new FormatException("there is no such file");
        }

        X509Certificate2Collection certificates = [];
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"cannot be read: {e.Message}");
        }

        return certificates.Count > 0 ? certificates : throw new FormatException("has no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
    }

    /// <summary>How the certificate of a server is looked at.</summary>
    /// <param name="file">The file.</param>
    public static X509ChainPolicy PolicyOf(string file)
    {
        X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.AddRange(Read(file));
        return policy;
    }
}
