namespace OrleansStream.Serialization;

/// <summary>Reads an object that was written with other members: those that are gone are read over, new ones keep their default.</summary>
internal sealed class EvolvedObjectSerializer<T>(ObjectSerializer<T> current, bool wasReference) : EvolvedSerializer<T>(current)
{
    private readonly List<ReadStep> _steps = [];
    private readonly ObjectSerializer<T> _current = current;
    private ObjectReader<T>? _read;

    public override T Read(DataReader reader)
    {
        if (wasReference && !reader.ReadBoolean())
        {
            return default!;
        }

        return ObjectSerializer<T>.ReadMembers(reader, _read ??= ObjectCode.Reader<T>(_current.Plan, _steps), isRecursive: true);
    }

    internal void Complete(TypeSchema written, SchemaScope scope, SchemaAdapter adapter)
    {
        foreach (SchemaMember member in written.Members)
        {
            int index = Array.FindIndex(_current.Plan.Members, m => m.Name == member.Name);
            _steps.Add(index >= 0
                ? new ReadStep(index, adapter.Adapt(_current.Members[index], member.Schema, scope, "." + member.Name), null)
                : new ReadStep(-1, null, adapter.Skipper(member, scope)));
        }

        if (written is { Members: [], IsReference: false })
        {
            _steps.Add(new ReadStep(-1, null, adapter.Skipper(new SchemaMember("", new TypeSchema(SchemaKind.Primitive, "byte")), scope)));
        }
    }
}
