namespace OrleansStream.Serialization;

/// <summary>
/// Walks a current serializer and a written schema side by side and builds a serializer that reads the latter. One use each.
/// </summary>
internal sealed class SchemaAdapter
{
    private const string Remedy = "Change the member back, or give the new one another name (the old one is then dropped), "
        + "or register a serializer whose ForSchema reads the old encoding.";

    private readonly Dictionary<(TypeSerializer, TypeSchema), TypeSerializer> _done = new(Comparer.Instance);
    private readonly List<string> _path = [];

    internal static TypeSerializer Run(TypeSerializer current, TypeSchema written)
    {
        var adapter = new SchemaAdapter();
        adapter._path.Add(TypeNames.Of(current.Type));
        return adapter.Adapt(current, written, null);
    }

    internal static StateRestoreException Refusal(string path, string was, string @is, Exception? inner = null) =>
        new($"{path}: was {was}, is {@is}, which cannot be read. {Remedy}", inner);

    internal TypeSerializer Adapt(TypeSerializer current, TypeSchema written, SchemaScope? scope, string path)
    {
        _path.Add(path);
        TypeSerializer adapted = Adapt(current, written, scope);
        _path.RemoveAt(_path.Count - 1);
        return adapted;
    }

    internal TypeSerializer Adapt(TypeSerializer current, TypeSchema written, SchemaScope? scope)
    {
        (written, scope) = SchemaScope.Resolve(written, scope);
        if (_done.TryGetValue((current, written), out TypeSerializer? done))
        {
            return done;
        }

        // A current schema has no reference out of itself, so an equal written one has none either and its place does not matter.
        return written.Equals(current.Schema) ? current : current.Adapt(written, scope, this);
    }

    /// <summary>Makes a serializer known before its members are adapted, as they may contain its type again.</summary>
    internal void Begin(TypeSerializer current, TypeSchema written, TypeSerializer adapted) => _done.Add((current, written), adapted);

    internal SchemaSkipper Skipper(SchemaMember member, SchemaScope scope)
    {
        _path.Add("." + member.Name);
        var skipper = new SchemaSkipper(member.Schema, scope, this);
        _path.RemoveAt(_path.Count - 1);
        return skipper;
    }

    internal StateRestoreException Unreadable(TypeSchema written, TypeSerializer current) =>
        Unreadable(written.ToString(), current.Schema.ToString());

    internal StateRestoreException Unreadable(string was, string @is) => Refusal(string.Concat(_path), was, @is);

    internal StateRestoreException Located(StateRestoreException e) => new($"{string.Concat(_path)}: {e.Message}", e);

    private sealed class Comparer : IEqualityComparer<(TypeSerializer, TypeSchema)>
    {
        internal static readonly Comparer Instance = new();

        public bool Equals((TypeSerializer, TypeSchema) x, (TypeSerializer, TypeSchema) y) =>
            ReferenceEquals(x.Item1, y.Item1) && ReferenceEquals(x.Item2, y.Item2);

        public int GetHashCode((TypeSerializer, TypeSchema) pair) => pair.Item2.GetHashCode();
    }
}
