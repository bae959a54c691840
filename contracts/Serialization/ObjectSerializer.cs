using System.Runtime.CompilerServices;

namespace OrleansStream.Serialization;

/// <summary>
/// A record, struct, class or tuple: of a reference type a byte that tells null, then its members in the plan's order (a struct without
/// members: one byte).
/// Code is generated when it is first used. A struct whose memory is its encoding is copied as a block.
/// </summary>
internal sealed class ObjectSerializer<T>(ObjectPlan plan, bool isDeclaredImmutable) : CompositeSerializer<T>, IObjectSerializer
{
    private static bool IsReference => !typeof(T).IsValueType;

    private readonly bool _checkType = IsReference && !typeof(T).IsSealed;
    private TypeSerializer[] _members = [];
    private bool _isRecursive;
    private bool _isBlock;
    private ObjectWriter<T>? _write;
    private ObjectReader<T>? _read;
    private ObjectCopier<T>? _copy;

    internal ObjectPlan Plan => plan;

    internal bool IsRecursive => _isRecursive;

    internal TypeSerializer[] Members => _members;

    internal override IEnumerable<TypeSerializer> Parts => _members;

    internal override int FixedSize => _isBlock ? Unsafe.SizeOf<T>() : 0;

    protected override bool IsDeclaredImmutable => isDeclaredImmutable || !RuntimeHelpers.IsReferenceOrContainsReferences<T>();

    protected override bool IsShallowImmutable =>
        (!IsReference || IsTuple || (ObjectPlan.IsRecordClass(typeof(T)) && plan.HasOnlyReadOnlyFields))
        && Array.TrueForAll(plan.HiddenFields, f => Array.Exists(plan.Members, m => m.Type == f.FieldType) || BlockLayout.IsUnmanaged(f.FieldType));

    private static bool IsTuple => typeof(T).IsGenericType && typeof(T).FullName!.StartsWith("System.Tuple`", StringComparison.Ordinal);

    public void Complete(TypeSerializer[] members)
    {
        _members = members;
        _isBlock = BlockLayout.Is(plan, members, this);
    }

    public void MarkRecursive() => _isRecursive = true;

    public override void Write(DataWriter writer, in T value)
    {
        if (!RuntimeHelpers.IsReferenceOrContainsReferences<T>() && _isBlock)
        {
            writer.WriteRaw(value);
            return;
        }

        if (IsReference)
        {
            if (value is null)
            {
                writer.WriteByte(0);
                return;
            }

            if (_checkType)
            {
                ExactType.Check(value!, typeof(T));
            }

            writer.WriteByte(1);
        }

        WriteMembers(writer, in value);
    }

    public override T Read(DataReader reader)
    {
        if (!RuntimeHelpers.IsReferenceOrContainsReferences<T>() && _isBlock)
        {
            return reader.ReadRaw<T>();
        }

        if (IsReference && !reader.ReadBoolean())
        {
            return default!;
        }

        return ReadMembers(reader, _read ?? CompileReader(), _isRecursive);
    }

    public override T Copy(in T value)
    {
        if (IsImmutable || (IsReference && value is null))
        {
            return value;
        }

        if (_checkType)
        {
            ExactType.Check(value!, typeof(T));
        }

        if (_isRecursive && !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw DepthLimit.Exceeded(typeof(T), int.MaxValue);
        }

        return (_copy ??= ObjectCode.Copier<T>(plan, _members))(in value);
    }

    public override void WriteAll(DataWriter writer, ReadOnlySpan<T> values)
    {
        if (_isBlock)
        {
            writer.WriteRawAll(values);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                Write(writer, in values[i]);
            }
        }
    }

    public override void ReadAll(DataReader reader, Span<T> values)
    {
        if (_isBlock)
        {
            reader.ReadRawAll(values);
        }
        else
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = Read(reader);
            }
        }
    }

    internal override TypeSchema BuildSchema(SchemaBuilder builder) =>
        builder.BuildObject(this, IsReference, plan.Members.Select((m, i) => (m.Name, _members[i])));

    /// <summary>Calls the generated reader; what an author's constructor throws means that the bytes are no value of the type.</summary>
    internal static T ReadMembers(DataReader reader, ObjectReader<T> read, bool isRecursive)
    {
        if (isRecursive)
        {
            reader.Enter(typeof(T));
        }

        T value;
        try
        {
            value = read(reader);
        }
        catch (Exception e) when (e is not StreamException and not OutOfMemoryException)
        {
            throw reader.Corrupt($"{TypeNames.Of(typeof(T))} cannot be built from its members: {e.Message}", 0, e);
        }

        if (isRecursive)
        {
            reader.Leave();
        }

        return value;
    }

    protected override TypeSerializer<T>? AdaptTo(TypeSchema written, SchemaScope? scope, SchemaAdapter adapter)
    {
        if (written.Kind != SchemaKind.Object || (written.IsReference && !IsReference))
        {
            return null;
        }

        var evolved = new EvolvedObjectSerializer<T>(this, written.IsReference);
        adapter.Begin(this, written, evolved);
        evolved.Complete(written, new SchemaScope(written, scope), adapter);
        return evolved;
    }

    internal void WriteMembers(DataWriter writer, in T value)
    {
        if (_isRecursive)
        {
            writer.Enter(typeof(T));
        }

        (_write ?? CompileWriter())(writer, in value);
        if (_isRecursive)
        {
            writer.Leave();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ObjectWriter<T> CompileWriter()
    {
        ObjectWriter<T> write = _members.Length > 0 || IsReference ? ObjectCode.Writer<T>(plan, _members) : (w, in _) => w.WriteByte(0);
        return _write = write;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ObjectReader<T> CompileReader()
    {
        if (_members.Length == 0 && !IsReference)
        {
            return _read = reader =>
            {
                reader.Skip(1);
                return default!;
            };
        }

        return _read = ObjectCode.Reader<T>(plan, _members.Select((m, i) => new ReadStep(i, m, null)));
    }
}

/// <summary>An object serializer while the registry builds it.</summary>
internal interface IObjectSerializer
{
    void Complete(TypeSerializer[] members);

    void MarkRecursive();
}
