using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using OrleansStream.Client;
using OrleansStream.Service;
using OrleansStream.Silo;
using OrleansStream.SiloTests.Packages;
using OrleansStream.SiloTests.Processes;

namespace OrleansStream.SiloTests.Rest;

/// <summary>REST over https: whose certificate is trusted, and what a silo says of one that would not do.</summary>
public sealed class HttpsTests : IDisposable
{
    private const string Loopback = "https://127.0.0.1:0";
    private readonly TemporaryFolder _folder = new();
    private readonly TestCertificates _files;

    public HttpsTests() => _files = new TestCertificates(_folder);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("pfx")]
    [InlineData("pem")]
    [InlineData("encrypted-pem")]
    [InlineData("one-pem")]
    public async Task A_certificate_that_signed_itself_is_trusted_where_it_is_given(string kind)
    {
        using X509Certificate2 own = TestCertificates.SelfSigned();
        await using RestFixture rest = await StartAsync(FilesOf(own, kind));
        Assert.StartsWith("https://", rest.Url, StringComparison.Ordinal);
        await using StreamClient client = Connect(rest, _files.Pem("trusted.pem", own));
        PackageInfo package = await client.UploadAsync(SamplePackage.Assembly);
        Assert.Equal(package.Id, Assert.Single(await client.Service.ListPackagesAsync()).Id);

        // The token is asked for as by http.
        await using StreamClient nobody = Connect(rest, _files.Pem("trusted.pem", own), token: null);
        Assert.Equal(JobServiceError.Forbidden, (await Assert.ThrowsAsync<JobServiceException>(() => nobody.Service.UploadPackageAsync(SamplePackage.Zip()))).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_authority_is_trusted_for_what_those_between_have_signed(bool isPfx)
    {
        (X509Certificate2 root, X509Certificate2 between, X509Certificate2 server) = TestCertificates.Chain();
        RestOptions files = isPfx
            ? new RestOptions { Certificate = PfxOf(server, between), CertificatePassword = TestCertificates.Password }
            : new RestOptions { Certificate = _files.Pem("chain.pem", server, between), CertificateKey = _files.Key(server, "chain.key", isEncrypted: false) };
        await using RestFixture rest = await StartAsync(files);
        await using StreamClient client = Connect(rest, _files.Pem("root.pem", root));
        Assert.Empty(await client.ListAsync());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("another")]
    [InlineData("another-name")]
    public async Task What_is_not_trusted_is_refused_at_once_with_what_can_be_done(string trusted)
    {
        using X509Certificate2 own = TestCertificates.SelfSigned(trusted == "another-name" ? "silo.example" : "localhost");
        using X509Certificate2 another = TestCertificates.SelfSigned();
        await using RestFixture rest = await StartAsync(FilesOf(own, "pfx"));
        string? file = trusted switch
        {
            "none" => null,
            "another" => _files.Pem("another.pem", another),
            _ => _files.Pem("trusted.pem", own),
        };
        await using StreamClient client = StreamClient.Connect(rest.Url, new StreamClientOptions { TrustedCertificate = file, RetryFor = TimeSpan.FromHours(1), RetryDelay = TimeSpan.FromMinutes(10) });
        JobServiceException refusal = await Assert.ThrowsAsync<JobServiceException>(() => client.ListAsync());
        Assert.Equal(JobServiceError.Unavailable, refusal.Code);
        Assert.Contains($"{rest.Url}/ has no certificate that is trusted here", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--trusted-certificate", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(trusted == "another-name" ? "NameMismatch" : "UntrustedRoot", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_that_is_not_trusted_does_not_keep_a_client_from_the_next()
    {
        using X509Certificate2 own = TestCertificates.SelfSigned();
        using X509Certificate2 another = TestCertificates.SelfSigned();
        await using RestFixture wrong = await StartAsync(FilesOf(another, "pfx"));
        await using RestFixture right = await StartAsync(FilesOf(own, "pem"));
        await using StreamClient client = StreamClient.Connect(
            $"{wrong.Url},{right.Url}", new StreamClientOptions { TrustedCertificate = _files.Pem("trusted.pem", own), RetryDelay = TimeSpan.FromMilliseconds(1) });
        Assert.Empty(await client.ListAsync());
    }

    [Fact]
    public void A_file_that_has_nothing_to_trust_is_refused_by_name()
    {
        using X509Certificate2 own = TestCertificates.SelfSigned();
        foreach ((string file, string rule) in new[]
        {
            (_folder.At("none.pem"), "there is no such file"), (_files.Key(own, "only.key", isEncrypted: false), "has no certificate in PEM"), (_files.Pfx(own), "has no certificate in PEM"),
        })
        {
            OptionsException e = Assert.Throws<OptionsException>(() => StreamClient.Connect("https://localhost:1", new StreamClientOptions { TrustedCertificate = file }));
            Assert.Contains($"TrustedCertificate = {file}: {rule}", e.Message, StringComparison.Ordinal);
        }

        using SocketsHttpHandler handler = new();
        Assert.Throws<OptionsException>(() => StreamClient.Connect("https://localhost:1", new StreamClientOptions { TrustedCertificate = _files.Pem("own.pem", own), Handler = handler }));
    }

    [Fact]
    public void What_would_not_do_is_said_when_the_silo_starts()
    {
        using X509Certificate2 own = TestCertificates.SelfSigned();
        using X509Certificate2 expired = TestCertificates.SelfSigned(from: -3, to: -2);
        using X509Certificate2 early = TestCertificates.SelfSigned(from: 2, to: 3);
        using X509Certificate2 ofClients = TestCertificates.SelfSigned(isForServers: false);
        using X509Certificate2 another = TestCertificates.SelfSigned();
        string pfx = _files.Pfx(own);
        string pem = _files.Pem("own.pem", own);
        string garbage = _folder.At("garbage");
        File.WriteAllText(garbage, "no certificate");
        RestOptions https = new() { Url = "https://localhost:8443", CertificatePassword = TestCertificates.Password };
        Dictionary<RestOptions, string> wrong = new()
        {
            [https with { CertificatePassword = null }] = "rest.url = https://localhost:8443: is https, which needs rest.certificate",
            [https] = "rest.certificate-password = …: needs rest.certificate",
            [new RestOptions { CertificateKey = pem }] = $"rest.certificate-key = {pem}: needs rest.certificate",
            [https with { Url = "http://localhost:8081", Certificate = pfx }] = $"rest.certificate = {pfx}: has no meaning unless rest.url begins with https://",
            [https with { Url = "https://0.0.0.0:8443", Certificate = pfx }] = "is not loopback, which needs rest.token",
            [https with { Certificate = _folder.At("none") }] = $"rest.certificate = {_folder.At("none")}: there is no such file",
            [https with { Certificate = pem, CertificateKey = _folder.At("none") }] = $"rest.certificate-key = {_folder.At("none")}: there is no such file",
            [https with { Certificate = pfx, CertificateKey = pem }] = "rest.certificate-key = " + pem + ": goes with a PEM file",
            [https with { Certificate = pfx, CertificatePassword = "wrong" }] = $"rest.certificate = {pfx}: cannot be read with rest.certificate-password",
            [https with { Certificate = pfx, CertificatePassword = null }] = $"rest.certificate = {pfx}: cannot be read without a password (rest.certificate-password)",
            [https with { Certificate = garbage }] = $"rest.certificate = {garbage}: cannot be read",
            [https with { Certificate = pem, CertificatePassword = null }] = $"rest.certificate = {pem}: cannot be read",
            [https with { Certificate = pem, CertificatePassword = null, CertificateKey = _files.Key(another, "another.key", isEncrypted: false) }] = $"rest.certificate = {pem}: cannot be read",
            [https with { Certificate = _files.Pfx(expired, "expired.pfx") }] = "has expired, at 2",
            [https with { Certificate = _files.Pfx(early, "early.pfx") }] = "is not valid before 2",
            [https with { Certificate = _files.Pfx(ofClients, "clients.pfx") }] = "is not for servers",
        };
        foreach ((RestOptions options, string message) in wrong)
        {
            string errors = string.Join('\n', ErrorsOf(options));
            Assert.Contains(message, errors, StringComparison.Ordinal);
            Assert.DoesNotContain(TestCertificates.Password, errors, StringComparison.Ordinal);
        }

        Assert.Empty(ErrorsOf(https with { Certificate = pfx }));
        Assert.Empty(ErrorsOf(https with { Certificate = pfx, Url = "https://0.0.0.0:8443", Token = RestFixture.Token }));
    }

    [Fact]
    public async Task Ostream_talks_to_a_silo_whose_certificate_it_is_given()
    {
        using X509Certificate2 own = TestCertificates.SelfSigned();
        string pfx = _files.Pfx(own);
        using SiloProcess silo = await SiloProcess.Start(
            _folder.Path, new Dictionary<string, string> { ["OSILO_REST__CERTIFICATE_PASSWORD"] = TestCertificates.Password }, "--cluster.kind", "none", "--rest.url", Loopback, "--rest.certificate", pfx).WhenReadyAsync();
        Assert.StartsWith("https://", silo.Url, StringComparison.Ordinal);
        (int code, string output, string errors) = await silo.OstreamAsync("list", "--json", "--trusted-certificate", _files.Pem("trusted.pem", own));
        Assert.True(code == 0, errors);
        Assert.Equal("[]", output.Trim());
        long began = Stopwatch.GetTimestamp();
        (code, _, errors) = await silo.OstreamAsync("list", "--retry-for", "600");
        Assert.Equal(1, code);
        Assert.Contains("has no certificate that is trusted here", errors, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromMinutes(2));
        (code, _, errors) = await silo.OstreamAsync("list", "--trusted-certificate", "none.pem");
        Assert.Equal(2, code);
        Assert.Contains("TrustedCertificate = none.pem: there is no such file", errors, StringComparison.Ordinal);
    }

    // As read at the start of a silo: they have to be right.
    private static async Task<RestFixture> StartAsync(RestOptions files)
    {
        RestOptions options = files with { Url = Loopback, AdminToken = RestFixture.AdminToken };
        Assert.Empty(ErrorsOf(options));
        return await RestFixture.StartAsync(_ => options);
    }

    private static StreamClient Connect(RestFixture rest, string trusted, string? token = RestFixture.AdminToken) =>
        StreamClient.Connect(rest.Url, new StreamClientOptions { Token = token, TrustedCertificate = trusted, RetryFor = TimeSpan.FromSeconds(30) });

    private static List<string> ErrorsOf(RestOptions options)
    {
        List<string> errors = [];
        options.Validate((ok, option, value, rule) =>
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        });
        return errors;
    }

    private string PfxOf(params X509Certificate2[] certificates)
    {
        // Those between go without their keys.
        X509Certificate2Collection all = [certificates[0], .. certificates.Skip(1).Select(c => X509CertificateLoader.LoadCertificate(c.RawData))];
        File.WriteAllBytes(_folder.At("chain.pfx"), all.Export(X509ContentType.Pfx, TestCertificates.Password)!);
        return _folder.At("chain.pfx");
    }

    private RestOptions FilesOf(X509Certificate2 own, string kind)
    {
        if (kind == "pfx")
        {
            return new RestOptions { Certificate = _files.Pfx(own, $"{own.Thumbprint}.pfx"), CertificatePassword = TestCertificates.Password };
        }

        string pem = _files.Pem($"{own.Thumbprint}.pem", own);
        string key = _files.Key(own, $"{own.Thumbprint}.key", isEncrypted: kind == "encrypted-pem");
        if (kind == "one-pem")
        {
            File.AppendAllText(pem, "\n" + File.ReadAllText(key));
            return new RestOptions { Certificate = pem };
        }

        return new RestOptions { Certificate = pem, CertificateKey = key, CertificatePassword = kind == "encrypted-pem" ? TestCertificates.Password : null };
    }
}
