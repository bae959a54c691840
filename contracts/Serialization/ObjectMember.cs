using System.Reflection;

namespace OrleansStream.Serialization;

/// <summary>A property or field that is part of a type's value.</summary>
/// <param name="Info">The property or field.</param>
/// <param name="Type">Its type.</param>
/// <param name="Field">The field behind it, if it is a field or an automatic property.</param>
internal sealed record ObjectMember(MemberInfo Info, Type Type, FieldInfo? Field)
{
    internal string Name => Info.Name;

    /// <summary>Whether it can be given a value after the constructor, init included.</summary>
    internal bool IsSettable =>
        Info is PropertyInfo p ? p.GetSetMethod(nonPublic: false) is not null : Info is FieldInfo { IsInitOnly: false };

    /// <summary>Whether it can be changed at any time.</summary>
    internal bool IsMutable => Info is PropertyInfo p
        ? p.GetSetMethod(nonPublic: true) is { } set && !set.ReturnParameter.GetRequiredCustomModifiers()
            .Contains(typeof(System.Runtime.CompilerServices.IsExternalInit))
        : Info is FieldInfo { IsInitOnly: false };
}
