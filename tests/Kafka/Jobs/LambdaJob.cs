namespace OrleansStream.Kafka.Jobs;

/// <summary>A job whose graph the test gives.</summary>
internal sealed class LambdaJob(Action<StreamEnvironment> define) : IStreamJob
{
    public void Define(StreamEnvironment env) => define(env);
}
