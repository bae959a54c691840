using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace OrleansStream.SiloTests.Rest;

/// <summary>Certificates made on the spot, as files in a folder.</summary>
internal sealed class TestCertificates(TemporaryFolder folder)
{
    public const string Password = "xyzzy-plugh";
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";

    /// <summary>A certificate for servers of this machine that has signed itself; from and to are days from now.</summary>
    public static X509Certificate2 SelfSigned(string name = "localhost", int from = -1, int to = 1, bool isForServers = true)
    {
        using RSA key = RSA.Create(2048);
        return Request(name, key, isForServers).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(from), DateTimeOffset.UtcNow.AddDays(to));
    }

    /// <summary>An authority, one that it has signed, and a certificate for servers that the second has signed.</summary>
    public static (X509Certificate2 Root, X509Certificate2 Between, X509Certificate2 Server) Chain()
    {
        using RSA rootKey = RSA.Create(2048);
        X509Certificate2 root = Authority("root", rootKey).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
        using RSA betweenKey = RSA.Create(2048);
        using X509Certificate2 between = Authority("between", betweenKey).Create(root, root.NotBefore, root.NotAfter, [1]);
        X509Certificate2 signing = between.CopyWithPrivateKey(betweenKey);
        using RSA key = RSA.Create(2048);
        using X509Certificate2 server = Request("localhost", key, isForServers: true).Create(signing, root.NotBefore, root.NotAfter, [2]);
        return (root, signing, server.CopyWithPrivateKey(key));
    }

    /// <summary>A PFX with a password.</summary>
    public string Pfx(X509Certificate2 certificate, string name = "silo.pfx")
    {
        File.WriteAllBytes(folder.At(name), certificate.Export(X509ContentType.Pfx, Password));
        return folder.At(name);
    }

    /// <summary>A PEM of certificates, without a key.</summary>
    public string Pem(string name, params X509Certificate2[] certificates)
    {
        File.WriteAllText(folder.At(name), string.Join('\n', certificates.Select(c => c.ExportCertificatePem())));
        return folder.At(name);
    }

    /// <summary>A PEM of a private key, with the password if it is to be encrypted.</summary>
    public string Key(X509Certificate2 certificate, string name, bool isEncrypted)
    {
        using RSA key = certificate.GetRSAPrivateKey()!;
        File.WriteAllText(folder.At(name), isEncrypted
            ? key.ExportEncryptedPkcs8PrivateKeyPem(Password, new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000))
            : key.ExportPkcs8PrivateKeyPem());
        return folder.At(name);
    }

    private static CertificateRequest Request(string name, RSA key, bool isForServers)
    {
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddDnsName(name);
        if (name == "localhost")
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(isForServers ? ServerAuthentication : ClientAuthentication)], critical: false));
        return request;
    }

    private static CertificateRequest Authority(string name, RSA key) => new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
    {
        CertificateExtensions = { new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true) },
    };
}
