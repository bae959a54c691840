using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using OrleansStream.Hosting;
using OrleansStream.Service;
using OrleansStream.SiloTests.Packages;

namespace OrleansStream.SiloTests.Rest;

/// <summary>Who may ask what, and how refusals look on the wire.</summary>
public sealed class GateTests
{
    [Fact]
    public async Task Without_the_token_nothing_but_health_is_answered()
    {
        await using RestFixture rest = await RestFixture.StartAsync(o => o with { Token = RestFixture.Token });
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(rest, HttpMethod.Get, "health/live")).Status);
        Assert.Equal("ready", (await SendAsync(rest, HttpMethod.Get, "health/ready")).Text);
        (HttpStatusCode status, string text) = await SendAsync(rest, HttpMethod.Get, "v1/jobs");
        Assert.Equal((HttpStatusCode.Unauthorized, JobServiceError.Unauthorized), (status, Problem(text).Code));
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(rest, HttpMethod.Get, "v1/jobs", token: "another-token-altogether")).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(rest, HttpMethod.Get, "none")).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(rest, HttpMethod.Get, "v1/jobs", token: RestFixture.Token)).Status);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(rest, HttpMethod.Get, "v1/jobs", token: RestFixture.AdminToken)).Status);
    }

    [Fact]
    public async Task Packages_need_the_admin_token()
    {
        await using RestFixture rest = await RestFixture.StartAsync(o => o with { Token = RestFixture.Token });
        foreach (string? token in new[] { RestFixture.Token })
        {
            (HttpStatusCode status, string text) = await SendAsync(rest, HttpMethod.Post, "v1/packages", Zip(), token);
            Assert.Equal((HttpStatusCode.Forbidden, JobServiceError.Forbidden), (status, Problem(text).Code));
            Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(rest, HttpMethod.Delete, "v1/packages/x", token: token)).Status);
        }

        Assert.Equal(HttpStatusCode.Created, (await SendAsync(rest, HttpMethod.Post, "v1/packages", Zip(), RestFixture.AdminToken)).Status);
        await using RestFixture open = await RestFixture.StartAsync(o => o with { AdminToken = null });
        (HttpStatusCode refused, string why) = await SendAsync(open, HttpMethod.Post, "v1/packages", Zip());
        Assert.Equal(HttpStatusCode.Forbidden, refused);
        Assert.Contains("Set rest.admin-token", Problem(why).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pages_of_a_browser_are_kept_out()
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(rest, HttpMethod.Get, "v1/jobs", change: r => r.Headers.Add("Origin", "http://evil.example"))).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(rest, HttpMethod.Get, "v1/jobs", change: r => r.Headers.Host = "evil.example")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(rest, HttpMethod.Post, "v1/jobs", new StringContent("id=1", Encoding.UTF8, "text/plain"))).Status);
    }

    [Theory]
    [InlineData("POST", "v1/jobs", """{"id":""", 400, JobServiceError.InvalidRequest)]
    [InlineData("POST", "v1/jobs", "null", 400, JobServiceError.InvalidRequest)]
    [InlineData("POST", "v1/jobs", """{"id":"x","surplus":1}""", 400, JobServiceError.InvalidRequest)]
    [InlineData("POST", "v1/jobs", """{"id":"x"}""", 400, JobServiceError.InvalidRequest)]
    [InlineData("POST", "v1/jobs/none/savepoints", """{"id":"0123456789abcdef0123456789abcdef"}""", 404, JobServiceError.JobNotFound)]
    [InlineData("POST", "v1/jobs/none/savepoints?wait=1000", """{"id":"0123456789abcdef0123456789abcdef"}""", 400, JobServiceError.InvalidRequest)]
    [InlineData("POST", "v1/jobs/none/cancel", "", 404, JobServiceError.JobNotFound)]
    [InlineData("GET", "v1/jobs/none", "", 404, JobServiceError.JobNotFound)]
    [InlineData("GET", "v1/jobs/..%2f..%2fetc", "", 404, JobServiceError.JobNotFound)]
    [InlineData("GET", "v1/none", "", 404, JobServiceError.InvalidRequest)]
    [InlineData("PUT", "v1/jobs", "{}", 405, JobServiceError.InvalidRequest)]
    [InlineData("DELETE", "v1/packages/none", "", 404, JobServiceError.PackageNotFound)]
    public async Task A_wrong_request_is_a_problem_with_a_code(string method, string path, string body, int status, JobServiceError code)
    {
        await using RestFixture rest = await RestFixture.StartAsync();
        (HttpStatusCode actual, string text) = await SendAsync(rest, new HttpMethod(method), path, new StringContent(body, Encoding.UTF8, "application/json"), RestFixture.AdminToken);
        Assert.Equal((status, code), ((int)actual, Problem(text).Code));
        Assert.Equal(status, Problem(text).Status);
        Assert.StartsWith("urn:orleansstream:", Problem(text).Type, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_have_limits()
    {
        await using RestFixture rest = await RestFixture.StartAsync(o => o with { MaxBody = 4096 }, limits: new PackageLimits { Bytes = 4 << 20 });
        (HttpStatusCode status, string text) = await SendAsync(rest, HttpMethod.Post, "v1/jobs", new StringContent(new string(' ', 5000), Encoding.UTF8, "application/json"));
        Assert.Equal((413, JobServiceError.TooLarge), ((int)status, Problem(text).Code));
        (status, text) = await SendAsync(rest, HttpMethod.Post, "v1/packages", Content(new byte[(4 << 20) + 1]), RestFixture.AdminToken);
        Assert.Equal((413, JobServiceError.TooLarge), ((int)status, Problem(text).Code));
        Assert.Equal(HttpStatusCode.Created, (await SendAsync(rest, HttpMethod.Post, "v1/packages", Zip(), RestFixture.AdminToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await SendAsync(rest, HttpMethod.Post, "v1/packages", new ByteArrayContent([1]), RestFixture.AdminToken)).Status);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8081", null, null, "is not loopback, which needs rest.token")]
    [InlineData("http://example.com:8081", null, null, "is not loopback, which needs rest.token")]
    [InlineData("https://localhost:8081", null, null, "is https, which needs rest.certificate")]
    [InlineData("https://0.0.0.0:8081", null, null, "is not loopback, which needs rest.token")]
    [InlineData("ftp://localhost:8081", null, null, "must be http://host:port or https://host:port")]
    [InlineData("localhost", null, null, "must be http://host:port")]
    [InlineData("http://localhost:8081", "short", null, "must have at least 16 characters")]
    [InlineData("http://localhost:8081", RestFixture.Token, RestFixture.Token, "must not be rest.token")]
    [InlineData("http://localhost:8081", null, null, null)]
    [InlineData("http://127.0.0.1:0", null, RestFixture.AdminToken, null)]
    [InlineData("http://[::1]:8081", null, null, null)]
    [InlineData("http://0.0.0.0:8081", RestFixture.Token, null, null)]
    public void Only_loopback_needs_no_token(string url, string? token, string? adminToken, string? message)
    {
        List<string> errors = [];
        new Silo.RestOptions { Url = url, Token = token, AdminToken = adminToken }.Validate((ok, option, value, rule) =>
        {
            if (!ok)
            {
                errors.Add($"{option} = {value}: {rule}");
            }
        });
        Assert.Equal(message is null, errors.Count == 0);
        Assert.Contains(message ?? "", string.Join("\n", errors), StringComparison.Ordinal);
        Assert.DoesNotContain(RestFixture.Token, string.Join("\n", errors), StringComparison.Ordinal);
    }

    private static ProblemInfo Problem(string text) => JsonSerializer.Deserialize(text, ServiceJson.Default.ProblemInfo)!;

    private static ByteArrayContent Zip() => Content(SamplePackage.Zip().ToArray());

    private static ByteArrayContent Content(byte[] bytes) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };

    private static async Task<(HttpStatusCode Status, string Text)> SendAsync(
        RestFixture rest, HttpMethod method, string path, HttpContent? content = null, string? token = null, Action<HttpRequestMessage>? change = null)
    {
        using HttpClient http = new();
        using HttpRequestMessage request = new(method, $"{rest.Url}/{path}") { Content = content };
        request.Headers.ExpectContinue = content is ByteArrayContent and not StringContent;
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }

        change?.Invoke(request);
        using HttpResponseMessage response = await http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
