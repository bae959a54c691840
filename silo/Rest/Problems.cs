using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OrleansStream.Service;

namespace OrleansStream.Silo;

/// <summary>Makes a problem of every refusal and every error, so that a client always gets a code.</summary>
internal sealed partial class Problems(RequestDelegate next, ILogger<Problems> logger)
{
    private const string ContentType = "application/problem+json";

    public async Task InvokeAsync(HttpContext http)
    {
        try
        {
            await next(http);
            if (http.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null or 0 })
            {
                await WriteAsync(http, OfStatus(http));
            }
        }
        catch (JobServiceException e) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, Of(e.Code, e.Message));
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            await WriteAsync(http, e.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Of(JobServiceError.TooLarge, "The request is larger than rest.max-body, or for a package packages.max-bytes, allows.")
                : Of(JobServiceError.InvalidRequest, e.Message));
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to be told.
        }
#pragma warning disable CA1031 // Whatever it is, the client gets a code and the log the rest.
        catch (Exception e) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogError(logger, http.Request.Method, http.Request.Path, e);
            await WriteAsync(http, Of(JobServiceError.Internal, $"The request failed in the service: {e.GetType().Name}: {e.Message} The silo's log has more."));
        }
    }

    public static int StatusOf(JobServiceError code) => code switch
    {
        JobServiceError.InvalidRequest => StatusCodes.Status400BadRequest,
        JobServiceError.InvalidPackage or JobServiceError.KeyRefused => StatusCodes.Status422UnprocessableEntity,
        JobServiceError.JobNotFound or JobServiceError.PackageNotFound => StatusCodes.Status404NotFound,
        JobServiceError.JobEnded or JobServiceError.Conflict or JobServiceError.NotReady or JobServiceError.SavepointFailed => StatusCodes.Status409Conflict,
        JobServiceError.TooLarge => StatusCodes.Status413PayloadTooLarge,
        JobServiceError.TooMany => StatusCodes.Status429TooManyRequests,
        JobServiceError.Unauthorized => StatusCodes.Status401Unauthorized,
        JobServiceError.Forbidden => StatusCodes.Status403Forbidden,
        JobServiceError.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static ProblemInfo OfStatus(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Of(JobServiceError.InvalidRequest, $"There is no '{http.Request.Path}'. docs/rest.md lists what there is.") with { Status = StatusCodes.Status404NotFound },
        StatusCodes.Status405MethodNotAllowed => Of(JobServiceError.InvalidRequest, $"'{http.Request.Path}' does not take {http.Request.Method}.") with { Status = StatusCodes.Status405MethodNotAllowed },
        int status => Of(JobServiceError.InvalidRequest, $"The request was refused with the status {status}.") with { Status = status },
    };

    private static ProblemInfo Of(JobServiceError code, string detail)
    {
        string word = System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(code.ToString());
        string title = char.ToUpperInvariant(word[0]) + word[1..].Replace('-', ' ');
        return new ProblemInfo($"urn:orleansstream:{word}", title, StatusOf(code), detail, code);
    }

    private static Task WriteAsync(HttpContext http, ProblemInfo problem)
    {
        http.Response.Clear();
        http.Response.StatusCode = problem.Status;
        if (problem.Code == JobServiceError.Unauthorized)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
        }

        return http.Response.WriteAsJsonAsync(problem, ServiceJson.Default.ProblemInfo, ContentType);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
    private static partial void LogError(ILogger logger, string method, string path, Exception error);
}
