using OrleansStream.Checkpointing;
using OrleansStream.Engine.Planning;
using OrleansStream.Service;

namespace OrleansStream.Hosting;

/// <summary>A submission that may run.</summary>
/// <param name="Submission">What was submitted.</param>
/// <param name="Name">The job's name: the options' or the type's.</param>
/// <param name="Job">The full name of its type.</param>
/// <param name="Build">The build that all nodes must have.</param>
/// <param name="Options">Its options, checked, with the name and the service's checkpoint directory.</param>
public sealed record AdmittedJob(JobSubmission Submission, string Name, string Job, string Build, JobOptions Options);

/// <summary>Decides whether a submission may run, before anything is kept of it. Blocks: it reads the package and calls the job's Define. Any thread.</summary>
public sealed class JobAdmission
{
    private const string SavepointFolder = "savepoints";
    private const string ArgumentPrefix = "set.";
    private const string Hidden = "…";
    private const int IdLength = 32;
    private static readonly string[] s_secrets = ["password", "secret", "token", "key", "connectionstring", "connection-string"];

    private readonly JobServiceOptions _options;
    private readonly JobCatalog _catalog;
    private readonly string _root;

    /// <summary>Creates the decision.</summary>
    /// <param name="options">The service's options, checked.</param>
    /// <param name="catalog">The jobs that there are.</param>
    public JobAdmission(JobServiceOptions options, JobCatalog catalog)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _catalog = catalog;
        _root = Path.GetFullPath(options.CheckpointDirectory);
    }

    /// <summary>Checks a submission: its id, its options, its package, its graph.</summary>
    /// <param name="submission">The submission.</param>
    /// <exception cref="JobServiceException">It may not run; the message lists why.</exception>
    public AdmittedJob Admit(JobSubmission submission)
    {
        ArgumentNullException.ThrowIfNull(submission);
        RequireId(submission.Id, "The id of the submission");
        JobOptions options = ReadOptions(submission);
        using LoadedJob job = _catalog.Load(submission.Package, submission.Job);
        string name = options.Name ?? job.Name;
        if (name == SavepointFolder)
        {
            throw Refused($"job.name = {name}: is the folder of savepoints. Choose another name.");
        }

        options = options with { Name = name };
        RequireGraph(job, options);
        return new AdmittedJob(submission, name, job.FullName, job.Build, options);
    }

    /// <summary>The folder of a savepoint in the checkpoint directory.</summary>
    /// <param name="request">The request.</param>
    /// <exception cref="JobServiceException">The request is wrong.</exception>
    public static string SavepointFolderOf(SavepointRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireId(request.Id, "The id of the savepoint");
        if (request is { Drain: true, Stop: false })
        {
            throw Refused("drain = true: needs stop = true, since after the final watermark a job cannot go on.");
        }

        string folder = $"{SavepointFolder}/{request.Folder ?? request.Id}";
        try
        {
            CheckpointPath.RequireFile(folder);
            return folder;
        }
        catch (CheckpointStorageException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, $"folder = {request.Folder}: {e.Message}", e);
        }
    }

    /// <summary>Checks the form of a call of a key: that it asks or tells, and can be repeated where that matters.</summary>
    /// <param name="call">The call.</param>
    /// <exception cref="JobServiceException">The call is wrong.</exception>
    public static void RequireForm(KeyCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (string.IsNullOrWhiteSpace(call.Operator))
        {
            throw Refused($"operator = {call.Operator}: must be the uid of an operator.");
        }

        if (call.Ask is null == call.Tell is null)
        {
            throw Refused("ask, tell: give one of both, the name of a state or the type of a message.");
        }

        if (call.Tell is null == call.Message is not null)
        {
            throw Refused("message: goes with tell, and with it alone.");
        }

        if (call.Id is not null || call.Tell is not null)
        {
            RequireId(call.Id!, "The id of the call");
        }
    }

    /// <summary>An answer of a key as a service gives it.</summary>
    /// <param name="request">What was asked or told.</param>
    /// <param name="reply">What the key's subtask, or who looked for it, has answered.</param>
    /// <exception cref="JobServiceException">It was refused, or could not be done for now.</exception>
    public static KeyAnswer AnswerOf(KeyRequest request, KeyReply reply)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(reply);
        if (reply.Status != KeyStatus.Done)
        {
            throw new JobServiceException(reply.CanRetry ? JobServiceError.NotReady : JobServiceError.KeyRefused, KeyRequests.Refusal(request, reply.Detail));
        }

        try
        {
            return KeyJson.AnswerOf(reply);
        }
        catch (SerializationException e)
        {
            throw new JobServiceException(JobServiceError.KeyRefused, KeyRequests.Refusal(request, e.Message), e);
        }
    }

    /// <summary>Options as they may be shown: secrets are hidden.</summary>
    /// <param name="options">The options of a submission.</param>
    public static IReadOnlyDictionary<string, string> Shown(IReadOnlyDictionary<string, string> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.ToDictionary(o => o.Key, o => s_secrets.Any(s => o.Key.EndsWith(s, StringComparison.OrdinalIgnoreCase)) ? Hidden : o.Value, StringComparer.Ordinal);
    }

    /// <summary>Whether two submissions are the same, so that the second repeats the first.</summary>
    /// <param name="one">One.</param>
    /// <param name="other">The other.</param>
    public static bool IsSame(JobSubmission one, JobSubmission other)
    {
        ArgumentNullException.ThrowIfNull(one);
        ArgumentNullException.ThrowIfNull(other);
        return (one.Id, one.Package, one.Job) == (other.Id, other.Package, other.Job)
            && one.Options.Count == other.Options.Count
            && one.Options.All(o => other.Options.TryGetValue(o.Key, out string? value) && value == o.Value);
    }

    private static void RequireId(string id, string what)
    {
        if (id is not { Length: IdLength } || !id.All(char.IsAsciiHexDigitLower))
        {
            throw Refused($"{what} is not {IdLength} lower-case hexadecimal digits. Choose it at random, once for each thing that is asked for.");
        }
    }

    private JobOptions ReadOptions(JobSubmission submission)
    {
        JobOptions defaults = _options.JobDefaults with { Checkpointing = _options.JobDefaults.Checkpointing with { Directory = _root } };
        JobOptions options;
        try
        {
            options = new JobOptionsReader(defaults).Read([.. submission.Options.Select(AsArgument)]).Options;
        }
        catch (OptionsException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, e.Message);
        }

        if (options.Checkpointing.Directory != _root)
        {
            throw Refused($"checkpointing.directory = {options.Checkpointing.Directory}: is the service's to say. Leave it out.");
        }

        return options.FromSavepoint is { } path ? options with { FromSavepoint = RequireInside(path) } : options;
    }

    private static string AsArgument(KeyValuePair<string, string> option) =>
        option.Key.StartsWith(ArgumentPrefix, StringComparison.OrdinalIgnoreCase) ? $"--set={option.Key[ArgumentPrefix.Length..]}={option.Value}" : $"--{option.Key}={option.Value}";

    // A path in a request names nothing outside the checkpoint directory.
    private string RequireInside(string path)
    {
        string given = path.StartsWith("file://", StringComparison.Ordinal) && Uri.TryCreate(path, UriKind.Absolute, out Uri? uri) ? uri.LocalPath : path;
        string full = Path.GetFullPath(given, _root);
        if (!full.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal))
        {
            throw Refused($"from-savepoint = {path}: is not in the service's checkpoint directory. Copy the savepoint's folder below its folder '{SavepointFolder}' and give '{SavepointFolder}/<name>'.");
        }

        return full;
    }

    private void RequireGraph(LoadedJob job, JobOptions options)
    {
        int operators;
        try
        {
            operators = JobCheck.RequireDefinable(job.Create(), options, Environment.ProcessorCount);
        }
        catch (StreamException e)
        {
            throw new JobServiceException(JobServiceError.InvalidRequest, e.Message);
        }

        if (operators > _options.MaxOperators)
        {
            throw Refused($"The graph of {job.FullName} has {operators} operators, more than {_options.MaxOperators}. Make it smaller, or raise jobs.max-operators.");
        }
    }

    private static JobServiceException Refused(string message) => new(JobServiceError.InvalidRequest, message);
}
