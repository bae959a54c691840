namespace OrleansStream.Serialization;

/// <summary>The written objects that enclose a node of a written schema, innermost first; needed to follow a recursion.</summary>
internal sealed record SchemaScope(TypeSchema Object, SchemaScope? Outer)
{
    /// <summary>The node that a recursion stands for, and the objects around that.</summary>
    internal static (TypeSchema Node, SchemaScope? Scope) Resolve(TypeSchema node, SchemaScope? scope)
    {
        if (node.Kind != SchemaKind.Recursion)
        {
            return (node, scope);
        }

        for (int level = node.Level; level > 0; level--)
        {
            scope = scope!.Outer;
        }

        return (scope!.Object, scope.Outer);
    }
}
