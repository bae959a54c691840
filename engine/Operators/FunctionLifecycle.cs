using OrleansStream.Engine.State;
using OrleansStream.State;

namespace OrleansStream.Engine.Operators;

/// <summary>Opens and closes user functions and says whose error it is.</summary>
internal static class FunctionLifecycle
{
    public static void OpenInBackground(StreamFunction function, OperatorSetup setup)
    {
        try
        {
            setup.Host.Await(cancel => function.OpenAsync(new Context(setup, null, null), cancel));
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new UserCodeException(setup.Name, setup.Subtask, "in OpenAsync", e);
        }
    }

    /// <summary>The asynchronous opening as a call of its own.</summary>
    public static ValueTask OpenAsync(StreamFunction function, OperatorSetup setup, CancellationToken cancel) => function.OpenAsync(new Context(setup, null, null), cancel);

    public static void Open(StreamFunction function, OperatorSetup setup, IStateStore state, IStateStore? windowState = null)
    {
        try
        {
            function.Open(new Context(setup, state, windowState));
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new UserCodeException(setup.Name, setup.Subtask, "in Open", e);
        }
    }

    public static void Close(StreamFunction function, OperatorSetup setup)
    {
        try
        {
            setup.Host.Await(_ => function.CloseAsync());
        }
        catch (Exception e) when (e is not StreamException)
        {
            throw new UserCodeException(setup.Name, setup.Subtask, "in CloseAsync", e);
        }
    }

    private sealed class Context(OperatorSetup setup, IStateStore? state, IStateStore? windowState) : WindowOpenContext
    {
        public override IStateStore State => state
            ?? throw new JobDefinitionException($"Operator '{setup.Name}' declares state in OpenAsync. Declare it in Open.");

        public override IStateStore WindowState => windowState
            ?? throw new JobDefinitionException($"Operator '{setup.Name}' declares state per window where it has none. Declare it in Open of a window function.");

        public override IServiceProvider Services => setup.Host.Services;

        public override JobArguments Arguments => setup.Arguments;

        public override string OperatorName => setup.Name;

        public override int Subtask => setup.Subtask;

        public override int Parallelism => setup.Parallelism;

        public override int Attempt => setup.Attempt;
    }
}
