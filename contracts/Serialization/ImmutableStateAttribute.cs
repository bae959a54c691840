namespace OrleansStream.Serialization;

/// <summary>
/// Promises that no instance of a type changes after its construction, nor anything that it refers to. Values of the type are then shared
/// with a running snapshot and not copied. It is the author's promise: a broken one shows as a snapshot that holds later values. Not
/// needed on records
/// whose members are all init-only or get-only and themselves qualify, nor on structs of such members.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct, Inherited = false)]
public sealed class ImmutableStateAttribute : Attribute;
