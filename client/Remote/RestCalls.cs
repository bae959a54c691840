using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OrleansStream.Service;

namespace OrleansStream.Client;

/// <summary>
/// Sends requests, repeats those that may not have arrived, and makes exceptions of problems. All requests of the API may be repeated, since what changes something carries an id. Any thread.
/// </summary>
internal sealed class RestCalls : IDisposable
{
    private const string JsonType = "application/json";
    private const int UploadTimeoutFactor = 10;
    private static readonly TimeSpan s_longestWait = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromSeconds(2);

    private readonly HttpClient _http;
    private readonly Uri[] _services;
    private readonly StreamClientOptions _options;
    private int _current;

    public RestCalls(IReadOnlyList<string> services, StreamClientOptions options)
    {
        options.ThrowIfInvalid();
        _services = [.. services.Select(Parse)];
        if (_services.Length == 0)
        {
            throw new OptionsException("No address was given. Give that of any silo, such as http://localhost:8081.");
        }

        _options = options;
        _http = new HttpClient(options.Handler ?? Sockets(options.TrustedCertificate), disposeHandler: options.Handler is null)
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
        if (options.Token is { } token)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        }
    }

    /// <summary>How long the service is asked to wait before it says that something is under way: well within the time of a try.</summary>
    public TimeSpan Wait => _options.Timeout / 2 < s_longestWait ? _options.Timeout / 2 : s_longestWait;

    public void Dispose() => _http.Dispose();

    public Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancel) => SendAsync(HttpMethod.Get, path, null, answer, cancel);

    public Task<TAnswer> PostAsync<TBody, TAnswer>(string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<TAnswer> answer, CancellationToken cancel)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(body, type);
        return SendAsync(HttpMethod.Post, path, () => Content(new ByteArrayContent(json), JsonType), answer, cancel);
    }

    public Task<T> PostAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancel) => SendAsync(HttpMethod.Post, path, () => Content(new ByteArrayContent([]), JsonType), answer, cancel);

    public Task<T> UploadAsync<T>(string path, Func<Stream> open, JsonTypeInfo<T> answer, CancellationToken cancel) =>
        SendAsync(HttpMethod.Post, path, () => Content(new StreamContent(open()), "application/zip"), answer, cancel, _options.Timeout * UploadTimeoutFactor);

    /// <summary>Deletes something. That it is gone already is an error at the first try only: later it may be our own doing.</summary>
    public async Task DeleteAsync(string path, CancellationToken cancel)
    {
        int tries = 0;
        await RepeatAsync<object?>(
            async token =>
            {
                tries++;
                try
                {
                    using HttpResponseMessage response = await TryAsync(HttpMethod.Delete, path, null, token).ConfigureAwait(false);
                    return null;
                }
                catch (JobServiceException e) when (tries > 1 && e.Code is JobServiceError.PackageNotFound)
                {
                    return null;
                }
            },
            _options.Timeout, cancel).ConfigureAwait(false);
    }

    private Task<T> SendAsync<T>(HttpMethod method, string path, Func<HttpContent>? content, JsonTypeInfo<T> answer, CancellationToken cancel, TimeSpan? timeout = null) => RepeatAsync(
        async token =>
        {
            using HttpResponseMessage response = await TryAsync(method, path, content, token).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.Accepted)
            {
                return default!; // Under way: the caller asks again.
            }

            Stream body = await response.Content.ReadAsStreamAsync(token).ConfigureAwait(false);
            await using (body.ConfigureAwait(false))
            {
                try
                {
                    return await JsonSerializer.DeserializeAsync(body, answer, token).ConfigureAwait(false) ?? throw new JsonException("It is null.");
                }
                catch (JsonException e)
                {
                    throw new JobServiceException(JobServiceError.Internal, $"The answer of {response.RequestMessage?.RequestUri} cannot be read: {e.Message} Is it a silo, and of this version?", e);
                }
            }
        },
        timeout ?? _options.Timeout, cancel);

    private async Task<T> RepeatAsync<T>(Func<CancellationToken, Task<T>> attempt, TimeSpan timeout, CancellationToken cancel)
    {
        long began = TimeProvider.System.GetTimestamp();
        TimeSpan delay = _options.RetryDelay;
        int distrusted = 0;
        while (true)
        {
            using CancellationTokenSource one = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            one.CancelAfter(timeout);
            JobServiceException failure;
            try
            {
                return await attempt(one.Token).ConfigureAwait(false);
            }
            catch (JobServiceException e) when (e.Code == JobServiceError.Unavailable)
            {
                failure = e;
            }
            catch (HttpRequestException e) when (e.InnerException is AuthenticationException reason)
            {
                failure = new JobServiceException(
                    JobServiceError.Unavailable,
                    $"{Service} has no certificate that is trusted here: {reason.Message} It has to be for the name in the address, and of an authority of this machine or of the file "
                    + "that --trusted-certificate, ORLEANSSTREAM_TRUSTED_CERTIFICATE or StreamClientOptions.TrustedCertificate names.", e);
                if (++distrusted >= _services.Length)
                {
                    throw failure; // It will be the same in a moment.
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
            {
                string reason = e is OperationCanceledException ? $"it did not answer within {timeout.TotalSeconds:0.#} s" : e.Message;
                failure = new JobServiceException(
                    JobServiceError.Unavailable, $"{Service} cannot be reached: {reason} Is a silo running there, by {Service.Scheme} (rest.url)? Give its address with --url or ORLEANSSTREAM_URL.", e);
            }

            if (TimeProvider.System.GetElapsedTime(began) + delay > _options.RetryFor)
            {
                throw failure;
            }

            // Another silo of the cluster may answer.
            Interlocked.Increment(ref _current);
            await Task.Delay(delay * (1 - (Random.Shared.NextDouble() / 4)), cancel).ConfigureAwait(false);
            delay = delay * 2 < s_longestDelay ? delay * 2 : s_longestDelay;
        }
    }

    private Uri Service => _services[(Volatile.Read(ref _current) & int.MaxValue) % _services.Length];

    private async Task<HttpResponseMessage> TryAsync(HttpMethod method, string path, Func<HttpContent>? content, CancellationToken cancel)
    {
        using HttpRequestMessage request = new(method, new Uri(Service, path)) { Content = content?.Invoke() };
        request.Headers.ExpectContinue = request.Content is StreamContent; // A refusal must not get lost behind a body that nobody reads.
        HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await ToExceptionAsync(response, cancel).ConfigureAwait(false);
        }
    }

    private static async Task<JobServiceException> ToExceptionAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        string text = await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        try
        {
            if (JsonSerializer.Deserialize(text, ServiceJson.Default.ProblemInfo) is { } problem)
            {
                return new JobServiceException(problem.Code, problem.Detail);
            }
        }
        catch (JsonException)
        {
            // Not ours: of a proxy, perhaps.
        }

        JobServiceError code = response.StatusCode is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout ? JobServiceError.Unavailable : JobServiceError.Internal;
        return new JobServiceException(code, $"{response.RequestMessage?.RequestUri} answered {(int)response.StatusCode} and no problem of ours. Is it a silo (rest.url)?");
    }

    private static SocketsHttpHandler Sockets(string? trusted)
    {
        SocketsHttpHandler sockets = new() { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) };
        if (trusted is not null)
        {
            try
            {
                sockets.SslOptions.CertificateChainPolicy = TrustedCertificates.PolicyOf(trusted);
            }
            catch (FormatException e)
            {
                sockets.Dispose();
                throw new OptionsException($"{nameof(StreamClientOptions.TrustedCertificate)} = {trusted}: {e.Message}");
            }
        }

        return sockets;
    }

    private static HttpContent Content(HttpContent content, string type)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue(type);
        return content;
    }

    private static Uri Parse(string service) =>
        Uri.TryCreate(service, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https"
            ? new Uri(uri.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/")
            : throw new OptionsException($"'{service}' is no address of a silo. Give one such as http://localhost:8081.");
}
