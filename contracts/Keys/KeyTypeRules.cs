using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using OrleansStream.Serialization;

namespace OrleansStream.Keys;

/// <summary>
/// Which types can be keys: those whose equality is by value and cannot change. A struct may have setters, since the key is a copy of
/// its own; a class
/// may not.
/// </summary>
internal sealed class KeyTypeRules(Type keyType)
{
    private const BindingFlags Instance = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    private readonly List<string> _path = [TypeNames.Of(keyType)];
    private readonly List<Type> _open = [keyType];

    /// <summary>Goes to a member. Throws <see cref="KeyTypeException"/> when its type contains itself.</summary>
    internal void Enter(string member, Type type)
    {
        _path.Add("." + member);
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (_open.Contains(type))
        {
            throw Refusal(type, "it contains itself, so that a key may be of any size; key by an id of it");
        }

        _open.Add(type);
    }

    internal void Leave()
    {
        _path.RemoveAt(_path.Count - 1);
        _open.RemoveAt(_open.Count - 1);
    }

    /// <summary>
    /// The members that the hash of a record, struct, tuple or class is made of, in order. Throws <see cref="KeyTypeException"/> for
    /// any other type.
    /// </summary>
    internal IReadOnlyList<ObjectMember> MembersOf(Type type)
    {
        Refuse(type);
        List<ObjectMember> candidates = ObjectPlan.Candidates(type);
        ObjectMember[] arguments = ObjectPlan.Constructors(type, candidates).DefaultIfEmpty().MaxBy(c => c.Arguments.Length).Arguments ?? [];
        ObjectMember[] members = [.. arguments, .. candidates.Where(m => m.Field is not null && !arguments.Contains(m))];
        if (members.Length == 0)
        {
            throw Refusal(type, "it has no public property or field, so that all its keys would be one; make its parts public");
        }

        if (!type.IsValueType)
        {
            RefuseMutable(type, members);
        }

        RefuseCustomEquality(type);
        return members;
    }

    private void Refuse(Type type)
    {
        if (type == typeof(object) || type.IsInterface || type.IsAbstract || type.IsPointer || type.IsByRefLike || typeof(Delegate).IsAssignableFrom(type))
        {
            throw Refusal(type, "its values can be of any type, so their parts are not known; declare the concrete type");
        }

        if (type.IsArray || (type != typeof(string) && typeof(IEnumerable).IsAssignableFrom(type)))
        {
            throw Refusal(
                type, "it is an array or collection, whose equality is not by its elements; use a string, a tuple or a record of its elements");
        }

        if (type == typeof(Uri) || type == typeof(nint) || type == typeof(nuint) || typeof(MemberInfo).IsAssignableFrom(type))
        {
            throw Refusal(type, "its equality is not that of its text or number; use a string or a long");
        }

        if (!type.IsValueType && type.GetMethod(nameof(Equals), Instance, [typeof(object)])!.DeclaringType == typeof(object))
        {
            throw Refusal(type, "it is a class without an Equals of its own, so two equal keys would be different; make it a record");
        }
    }

    private void RefuseMutable(Type type, ObjectMember[] members)
    {
        if (Array.Find(members, m => m.IsMutable) is { } mutable)
        {
            throw Refusal(type, $"its member '{mutable.Name}' can be changed, and with it the key; make it get-only or init-only");
        }

        FieldInfo? field = ObjectPlan.IsRecordClass(type) ? ObjectPlan.FieldsOf(type).FirstOrDefault(f => !f.IsInitOnly) : null;
        if (field is not null)
        {
            throw Refusal(type, $"its field '{field.Name}', which is part of its equality, can be changed; make it readonly");
        }
    }

    /// <summary>A record compares its members, unless its author wrote an Equals that may compare less.</summary>
    private void RefuseCustomEquality(Type type)
    {
        bool isRecord = ObjectPlan.IsRecordClass(type) || type.GetMethod("PrintMembers", Instance | BindingFlags.DeclaredOnly, [typeof(StringBuilder)]) is not null;
        MethodInfo? equals = isRecord ? type.GetMethod(nameof(Equals), Instance | BindingFlags.DeclaredOnly, [type]) : null;
        if (equals is not null && !equals.IsDefined(typeof(CompilerGeneratedAttribute), inherit: false))
        {
            throw Refusal(
                type, "it is a record with an Equals of its own, so that equal keys may have unequal members; remove that, or key by what it compares");
        }
    }

    private KeyTypeException Refusal(Type type, string reason)
    {
        string place = string.Concat(_path);
        return new KeyTypeException(
            $"{(_path.Count == 1 ? place : $"{place} of type {TypeNames.Of(type)}")} cannot be {(_path.Count == 1 ? "a key" : "part of a key")}: {reason}.");
    }
}
