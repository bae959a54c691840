namespace OrleansStream.Kafka.Broker;

/// <summary>A test that needs a broker; left out, and said so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaFactAttribute : FactAttribute
{
    public KafkaFactAttribute()
    {
        if (KafkaTool.Path is null && KafkaTool.GivenServers is null)
        {
            Skip = "There is no Kafka: set KAFKA_TOOL to a script that starts a broker, or KAFKA_BOOTSTRAP to the address of one (docs/kafka.md).";
        }
    }
}

/// <summary>A test that kills or pauses brokers, or asks Kafka's own tools; left out where only an address of a broker is given.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaToolFactAttribute : FactAttribute
{
    public KafkaToolFactAttribute()
    {
        if (KafkaTool.Path is null)
        {
            Skip = "There is no KAFKA_TOOL: a script that starts, kills and restarts brokers (docs/kafka.md).";
        }
    }
}

/// <summary>The same for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KafkaToolTheoryAttribute : TheoryAttribute
{
    public KafkaToolTheoryAttribute()
    {
        if (KafkaTool.Path is null)
        {
            Skip = "There is no KAFKA_TOOL: a script that starts, kills and restarts brokers (docs/kafka.md).";
        }
    }
}
