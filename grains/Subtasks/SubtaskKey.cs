using System.Globalization;

namespace OrleansStream.Grains;

/// <summary>The key of a subtask's grain: <c>job/operator/subtask</c>. A uid may have slashes of its own.</summary>
/// <param name="Job">The id of the job's submission.</param>
/// <param name="Uid">The operator's uid.</param>
/// <param name="Subtask">The subtask, from 0.</param>
public readonly record struct SubtaskKey(string Job, string Uid, int Subtask)
{
    /// <summary>Reads a key.</summary>
    /// <param name="key">The text.</param>
    /// <returns>The key; null if the text is none.</returns>
    public static SubtaskKey? TryParse(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        int first = key.IndexOf('/', StringComparison.Ordinal);
        int last = key.LastIndexOf('/');
        return first > 0 && last > first + 1 && int.TryParse(key.AsSpan(last + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int subtask)
            ? new SubtaskKey(key[..first], key[(first + 1)..last], subtask)
            : null;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Job}/{Uid}/{Subtask}");
}
