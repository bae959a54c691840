using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrleansStream.Serialization;

/// <summary>Tells whether the encoding of a struct, member by member, is its memory.</summary>
internal static class BlockLayout
{
    internal static bool Is<T>(ObjectPlan plan, TypeSerializer[] members, ObjectSerializer<T> serializer)
    {
        if (RuntimeHelpers.IsReferenceOrContainsReferences<T>() || members.Length == 0
            || !Array.TrueForAll(plan.Members, m => m.Field is not null)
            || ObjectPlan.FieldsOf(typeof(T)).Count() != members.Length
            || !Array.TrueForAll(members, m => m.FixedSize > 0)
            || members.Sum(m => m.FixedSize) != Unsafe.SizeOf<T>())
        {
            return false;
        }

        // The members are bare fields that fill the struct; what remains to be seen is their order in memory, which may differ from the
        // order of declaration: write a value with a different byte in each place and compare.
        var memory = new byte[Unsafe.SizeOf<T>()];
        for (int i = 0; i < memory.Length; i++)
        {
            memory[i] = (byte)((i * 7) + (i >> 8) + 1);
        }

        T value = Unsafe.ReadUnaligned<T>(ref MemoryMarshal.GetArrayDataReference(memory));
        var writer = new DataWriter();
        serializer.WriteMembers(writer, in value);
        return writer.WrittenSpan.SequenceEqual(memory);
    }

    internal static bool IsUnmanaged(Type type) => !(bool)typeof(RuntimeHelpers)
        .GetMethod(nameof(RuntimeHelpers.IsReferenceOrContainsReferences))!.MakeGenericMethod(type).Invoke(null, null)! || type == typeof(string);
}
