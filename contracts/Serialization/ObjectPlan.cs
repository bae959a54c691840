using System.Reflection;
using System.Runtime.CompilerServices;

namespace OrleansStream.Serialization;

/// <summary>
/// Which members make up a record, struct, class or tuple, and by which constructor and setters it is built. Members that a constructor
/// takes come first in its order, then the others as declared, base class first.
/// </summary>
internal sealed class ObjectPlan
{
    private const BindingFlags Public = BindingFlags.Instance | BindingFlags.Public;
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private ObjectPlan(Type type, ConstructorInfo? constructor, ObjectMember[] arguments, ObjectMember[] members, FieldInfo[] hidden)
    {
        Type = type;
        Constructor = constructor;
        Arguments = arguments;
        Members = members;
        HiddenFields = hidden;
    }

    internal Type Type { get; }

    /// <summary>Null for a struct that is built from its default value.</summary>
    internal ConstructorInfo? Constructor { get; }

    /// <summary>The member for each of the constructor's parameters.</summary>
    internal ObjectMember[] Arguments { get; }

    internal ObjectMember[] Members { get; }

    /// <summary>Fields that are neither public nor behind an automatic property.</summary>
    internal FieldInfo[] HiddenFields { get; }

    /// <summary>Whether no field of an instance can change after construction.</summary>
    internal bool HasOnlyReadOnlyFields => FieldsOf(Type).All(f => f.IsInitOnly);

    /// <summary>A record class, told by the clone method that the compiler gives it.</summary>
    internal static bool IsRecordClass(Type type) => type.GetMethod("<Clone>$", Declared | BindingFlags.FlattenHierarchy) is not null;

    /// <summary>All instance fields, base class first, in their order of declaration.</summary>
    internal static IEnumerable<FieldInfo> FieldsOf(Type type) =>
        Lineage(type).SelectMany(t => t.GetFields(Declared).OrderBy(f => f.MetadataToken));

    /// <summary>Null with a reason and a remedy when values of the type cannot be taken apart and built again.</summary>
    internal static ObjectPlan? TryCreate(Type type, out string reason)
    {
        reason = "";
        FieldInfo[] fields = [.. FieldsOf(type).Where(f => !IsIgnored(f))];
        List<ObjectMember> candidates = Candidates(type);

        ObjectMember? uncovered = null;
        foreach ((ConstructorInfo? constructor, ObjectMember[] arguments) in Constructors(type, candidates))
        {
            ObjectMember? missing = candidates.Find(m => m.Field is not null && !m.IsSettable && !arguments.Contains(m));
            if (missing is not null)
            {
                uncovered ??= missing;
                continue;
            }

            ObjectMember[] members = [.. arguments, .. candidates.Where(m => m.IsSettable && !arguments.Contains(m))];
            FieldInfo[] hidden = [.. fields.Where(f => !candidates.Exists(m => m.Field == f))];
            if (hidden.Length > members.Count(m => m.Field is null))
            {
                reason = $"its field '{hidden[0].Name}' is not public and so would be lost; make it a public property with get and init or set, "
                    + "or mark it [NonSerialized] ([field: NonSerialized] on a property) if it need not be kept";
                return null;
            }

            return new ObjectPlan(type, constructor, arguments, members, hidden);
        }

        reason = uncovered is null
            ? "it has no constructor whose parameters are all members by name and type; add one, e.g. one without parameters"
            : $"its member '{uncovered.Name}' cannot be set; give it a public set or init, or a constructor parameter of its name and type, "
                + "or mark it [NonSerialized] ([field: NonSerialized] on a property) if it need not be kept";
        return null;
    }

    /// <summary>Public properties that can be read and public fields, in the order of declaration.</summary>
    internal static List<ObjectMember> Candidates(Type type)
    {
        List<Type> lineage = [.. Lineage(type)];
        IEnumerable<ObjectMember> properties = type.GetProperties(Public)
            .Where(p => p.GetIndexParameters().Length == 0 && p.GetGetMethod() is not null && !p.PropertyType.IsByRefLike && !p.PropertyType.IsByRef)
            .Select(p => new ObjectMember(p, p.PropertyType, BackingField(p)));
        IEnumerable<ObjectMember> fields = type.GetFields(Public).Select(f => new ObjectMember(f, f.FieldType, f));

        return
        [
            .. properties.Concat(fields)
                .Where(m => m.Field is null || !IsIgnored(m.Field))
                .GroupBy(m => m.Name).Select(g => g.MaxBy(m => lineage.IndexOf(m.Info.DeclaringType!))!)
                .OrderBy(m => lineage.IndexOf(m.Info.DeclaringType!))
                .ThenBy(m => m.Field is null)
                .ThenBy(m => m.Field?.MetadataToken ?? m.Info.MetadataToken),
        ];
    }

    /// <summary>Constructors all of whose parameters are members, the preferred one first.</summary>
    internal static IEnumerable<(ConstructorInfo? Constructor, ObjectMember[] Arguments)> Constructors(Type type, List<ObjectMember> candidates)
    {
        List<(ConstructorInfo? Constructor, ObjectMember[] Arguments)> found = [];
        ConstructorInfo[] constructors = type.GetConstructors(Public);
        if (constructors.Length == 0)
        {
            constructors = type.GetConstructors(BindingFlags.Instance | BindingFlags.NonPublic);
        }

        foreach (ConstructorInfo constructor in constructors)
        {
            ParameterInfo[] parameters = constructor.GetParameters();
            ObjectMember?[] arguments = [.. parameters.Select(p => Match(p, candidates))];
            if (Array.TrueForAll(arguments, a => a is not null) && arguments.Distinct().Count() == arguments.Length)
            {
                found.Add((constructor, [.. arguments.OfType<ObjectMember>()]));
            }
        }

        // A record and a struct are what their longest constructor takes; of a class the shortest one leaves most to its setters.
        bool longestFirst = type.IsValueType || IsRecordClass(type);
        if (type.IsValueType && !found.Exists(f => f.Arguments.Length == 0))
        {
            found.Add((null, []));
        }

        return longestFirst ? found.OrderByDescending(f => f.Arguments.Length) : found.OrderBy(f => f.Arguments.Length);
    }

    private static ObjectMember? Match(ParameterInfo parameter, List<ObjectMember> candidates) =>
        candidates.Find(m => m.Type == parameter.ParameterType && m.Name == parameter.Name)
        ?? candidates.Find(m => m.Type == parameter.ParameterType && string.Equals(m.Name, parameter.Name, StringComparison.OrdinalIgnoreCase));

    private static FieldInfo? BackingField(PropertyInfo property) =>
        property.DeclaringType!.GetField($"<{property.Name}>k__BackingField", Declared) is { } field
            && field.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false) ? field : null;

    private static bool IsIgnored(FieldInfo field) => field.IsDefined(typeof(NonSerializedAttribute), inherit: false);

    private static IEnumerable<Type> Lineage(Type type)
    {
        var lineage = new Stack<Type>();
        for (Type? t = type; t is not null && t != typeof(object) && t != typeof(ValueType); t = t.BaseType)
        {
            lineage.Push(t);
        }

        return lineage;
    }
}
