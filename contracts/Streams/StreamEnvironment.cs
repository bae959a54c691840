using OrleansStream.Graph;

namespace OrleansStream;

/// <summary>Where the streams of a job begin. Made by the host for each call of <see cref="IStreamJob.Define"/>; not thread-safe.</summary>
public sealed class StreamEnvironment
{
    /// <summary>Creates an environment; hosts and tools do.</summary>
    /// <param name="arguments">The arguments of the job.</param>
    public StreamEnvironment(JobArguments? arguments = null)
    {
        Arguments = arguments ?? JobArguments.Empty;
    }

    /// <summary>The arguments of the job: the only thing besides constants that a definition may depend on.</summary>
    public JobArguments Arguments { get; }

    /// <summary>The operators, each behind those that it reads.</summary>
    internal List<StreamNode> Nodes { get; } = [];

    /// <summary>Begins a stream.</summary>
    /// <typeparam name="T">The type of the records.</typeparam>
    /// <param name="source">Where the records come from.</param>
    /// <param name="watermarks">How they get timestamps and watermarks; null for none.</param>
    public OperatorStream<T> FromSource<T>(ISource<T> source, WatermarkStrategy<T>? watermarks = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        return Add<T>(id => new SourceNode<T>(source, watermarks ?? WatermarkStrategy.None<T>()) { Id = id, Name = source.Description }, []);
    }

    internal OperatorStream<TOut> Add<TOut>(Func<int, StreamNode> create, IEnumerable<StreamEdge> inputs)
    {
        StreamNode node = Append(create, inputs);
        return new OperatorStream<TOut>(this, node, null);
    }

    internal StreamNode Append(Func<int, StreamNode> create, IEnumerable<StreamEdge> inputs)
    {
        StreamNode node = create(Nodes.Count);
        foreach (StreamEdge input in inputs)
        {
            if (input.From.Id >= Nodes.Count || !ReferenceEquals(Nodes[input.From.Id], input.From))
            {
                throw new JobDefinitionException(
                    $"Operator {node} reads operator {input.From}, which belongs to another StreamEnvironment. Begin both streams in one call of Define, with the environment that it gets.");
            }

            node.Inputs.Add(input);
        }

        Nodes.Add(node);
        return node;
    }
}
