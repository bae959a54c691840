using System.Globalization;
using System.Text;
using OrleansStream.Graph;
using OrleansStream.Serialization;

namespace OrleansStream.Engine.Planning;

/// <summary>
/// Gives every operator the name under which its state is stored: the uid that its author gave, else one derived from what it is and from the stateful operators before it, but not from its position, so that
/// adding a map changes nothing.
/// </summary>
internal static class OperatorUids
{
    public static Dictionary<StreamNode, string> Derive(IReadOnlyList<StreamNode> nodes)
    {
        Dictionary<StreamNode, string> uids = [];
        Dictionary<StreamNode, SortedSet<string>> ancestors = [];
        Dictionary<string, StreamNode> owners = new(StringComparer.Ordinal);
        foreach (StreamNode node in nodes)
        {
            SortedSet<string> above = new(StringComparer.Ordinal);
            foreach (StreamEdge input in node.Inputs)
            {
                above.UnionWith(input.From.IsStateful ? [uids[input.From]] : ancestors[input.From]);
            }

            ancestors.Add(node, above);
            string uid = node.Uid ?? Derived(node, above);
            if (owners.TryGetValue(uid, out StreamNode? other))
            {
                if (node.Uid is not null && other.Uid is not null)
                {
                    throw new JobDefinitionException($"The operators {other} and {node} have the same uid '{uid}'. Give each its own with WithUid.");
                }

                if (node.IsStateful && other.IsStateful)
                {
                    throw new JobDefinitionException(
                        $"Two stateful operators look alike, {other} and {node} ({node.Kind}): their states could not be told apart in a checkpoint. Give each a uid with WithUid, or different names with WithName.");
                }

                int number = 2;
                while (owners.ContainsKey($"{uid}-{number}"))
                {
                    number++;
                }

                uid = $"{uid}-{number}";
            }

            owners[uid] = node;
            uids.Add(node, uid);
        }

        return uids;
    }

    private static string Derived(StreamNode node, IEnumerable<string> ancestors)
    {
        string text = string.Join('\n', [node.Kind, node.Name, node.OutputType.ToString(), node.Settings, .. ancestors]);
        return node.Kind + "-" + XxHash64.Hash(Encoding.UTF8.GetBytes(text)).ToString("x16", CultureInfo.InvariantCulture);
    }
}
