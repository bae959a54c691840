using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using OrleansStream.Hosting;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>REST over an <see cref="IJobService"/>: a thin layer that reads, asks and writes. What it says is described in docs/rest.md.</summary>
public static class JobEndpoints
{
    private const string Version = "/v1";
    private const double LongestWaitSeconds = 60;
    private const double DefaultWaitSeconds = 20;

    /// <summary>Adds the endpoints. Called once, when the application is built.</summary>
    /// <param name="routes">The application.</param>
    /// <param name="service">What answers.</param>
    /// <param name="packages">How large an upload may be.</param>
    public static void MapJobService(this IEndpointRouteBuilder routes, IJobService service, PackageLimits packages)
    {
        ArgumentNullException.ThrowIfNull(packages);
        RouteGroupBuilder v1 = routes.MapGroup(Version);
        v1.MapGet("/packages", async (HttpContext http) => await WriteAsync(http, await service.ListPackagesAsync(http.RequestAborted), ServiceJson.Default.IReadOnlyListPackageInfo));
        v1.MapPost("/packages", http => UploadAsync(http, service, packages)).WithMetadata(AdminOnly.Instance);
        v1.MapDelete("/packages/{package}", async (HttpContext http, string package) =>
        {
            await service.DeletePackageAsync(package, http.RequestAborted);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
        }).WithMetadata(AdminOnly.Instance);

        v1.MapGet("/jobs", async (HttpContext http) => await WriteAsync(http, await service.ListAsync(http.RequestAborted), ServiceJson.Default.IReadOnlyListJobInfo));
        v1.MapPost("/jobs", async (HttpContext http) =>
        {
            JobSubmission submission = await ReadAsync(http, ServiceJson.Default.JobSubmission);
            JobInfo job = await service.SubmitAsync(submission, http.RequestAborted);
            http.Response.Headers.Location = $"{Version}/jobs/{job.Id}";
            await WriteAsync(http, job, ServiceJson.Default.JobInfo, StatusCodes.Status201Created);
        });
        v1.MapGet("/jobs/{job}", async (HttpContext http, string job) => await WriteAsync(http, await service.GetAsync(job, http.RequestAborted), ServiceJson.Default.JobDetails));
        v1.MapPost("/jobs/{job}/cancel", async (HttpContext http, string job) => await WriteAsync(http, await service.CancelAsync(job, http.RequestAborted), ServiceJson.Default.JobInfo));
        v1.MapPost("/jobs/{job}/savepoints", (HttpContext http, string job) => WaitAsync(http, ServiceJson.Default.SavepointRequest, (request, wait) => service.SavepointAsync(job, request, wait), ServiceJson.Default.SavepointInfo));
        v1.MapPost("/jobs/{job}/key", (HttpContext http, string job) => WaitAsync(http, ServiceJson.Default.KeyCall, (call, wait) => service.CallKeyAsync(job, call, wait), ServiceJson.Default.KeyAnswer));
        v1.MapGet("/jobs/{job}/checkpoints", async (HttpContext http, string job) =>
            await WriteAsync(http, await service.GetCheckpointsAsync(job, http.RequestAborted), ServiceJson.Default.IReadOnlyListCheckpointInfo));
        v1.MapGet("/jobs/{job}/failures", async (HttpContext http, string job) =>
            await WriteAsync(http, await service.GetFailuresAsync(job, http.RequestAborted), ServiceJson.Default.IReadOnlyListFailureInfo));
        v1.MapGet("/jobs/{job}/metrics", async (HttpContext http, string job) =>
            await WriteAsync(http, await service.GetMetricsAsync(job, http.RequestAborted), ServiceJson.Default.JobMetrics));
    }

    private static async Task UploadAsync(HttpContext http, IJobService service, PackageLimits limits)
    {
        if (http.Request.ContentType is not "application/zip")
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, $"The body is of the type '{http.Request.ContentType}'. Send the zip as application/zip.");
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = limits.Bytes;
        }

        PackageInfo package = await service.UploadPackageAsync(http.Request.Body, http.RequestAborted);
        await WriteAsync(http, package, ServiceJson.Default.PackageInfo, StatusCodes.Status201Created);
    }

    // What waits for a checkpoint may take longer than proxies do: after a while the answer is 202, and the caller asks again with the same id.
    private static async Task WaitAsync<TBody, TAnswer>(HttpContext http, JsonTypeInfo<TBody> body, Func<TBody, CancellationToken, Task<TAnswer>> ask, JsonTypeInfo<TAnswer> answer)
    {
        TBody request = await ReadAsync(http, body);
        string? given = http.Request.Query["wait"];
        double seconds = given is null ? DefaultWaitSeconds
            : double.TryParse(given, System.Globalization.CultureInfo.InvariantCulture, out double parsed) && parsed is >= 0 and <= LongestWaitSeconds ? parsed
            : throw new JobServiceException(JobServiceError.InvalidRequest, $"wait = {given}: must be seconds from 0 to {LongestWaitSeconds}.");
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        wait.CancelAfter(TimeSpan.FromSeconds(seconds));
        try
        {
            await WriteAsync(http, await ask(request, wait.Token), answer);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested)
        {
            http.Response.StatusCode = StatusCodes.Status202Accepted;
        }
    }

    private static async Task<T> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
    {
        // Also keeps pages of a browser out: what a form can send is no JSON.
        if (!http.Request.HasJsonContentType())
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, $"The body is of the type '{http.Request.ContentType}'. Send it as application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted) ?? throw new JsonException("It is null.");
        }
        catch (JsonException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, $"The body cannot be read: {e.Message}");
        }
    }

    private static Task WriteAsync<T>(HttpContext http, T value, JsonTypeInfo<T> type, int status = StatusCodes.Status200OK)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(value, type, contentType: null, http.RequestAborted);
    }
}

/// <summary>Marks an endpoint that needs the admin token.</summary>
internal sealed class AdminOnly
{
    public static AdminOnly Instance { get; } = new();
}
