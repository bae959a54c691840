namespace OrleansStream.Simulation;

/// <summary>Rows that became visible together.</summary>
/// <param name="Key">A name that no other has.</param>
/// <param name="Epoch">The checkpoint that ended their epoch.</param>
/// <param name="Rows">The rows.</param>
internal sealed record Unit(string Key, long Epoch, IReadOnlyList<string> Rows);

/// <summary>
/// What a job has made visible to the world, and a reader of it who believes nothing: it keeps a copy of all that it has read, looks whether every row is still in its place, and counts each new row against
/// those that a plain model of the job says.
/// </summary>
internal sealed class Output
{
    private readonly IReadOnlyDictionary<string, int> _expected;
    private readonly List<Unit> _stored = [];
    private readonly List<(string Key, string[] Rows)> _seen = [];
    private Dictionary<string, int> _open;

    public Output(IEnumerable<string> expected)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal);
        foreach (string row in expected)
        {
            counts[row] = counts.GetValueOrDefault(row) + 1;
        }

        _expected = counts;
        _open = new Dictionary<string, int>(counts, StringComparer.Ordinal);
    }

    /// <summary>What is visible, as the world has it.</summary>
    public IReadOnlyList<Unit> Stored => _stored;

    public int Rows { get; private set; }

    /// <summary>The rows that are still to come.</summary>
    public IEnumerable<string> Missing => _open.Where(r => r.Value > 0).Select(r => $"{r.Key} ({r.Value})");

    public void Append(Unit unit)
    {
        _stored.Add(unit);
        Rows += unit.Rows.Count;
    }

    /// <summary>Reads what is new.</summary>
    public void ReadOn(List<string> violations)
    {
        for (int i = _seen.Count; i < _stored.Count; i++)
        {
            Unit unit = _stored[i];
            _seen.Add((unit.Key, [.. unit.Rows]));
            foreach (string row in unit.Rows)
            {
                int left = _open.GetValueOrDefault(row);
                if (left == 0)
                {
                    violations.Add($"the row '{row}' of {unit.Key} is wrong or there already");
                }

                _open[row] = left - 1;
            }
        }
    }

    /// <summary>Reads all again: every row that was ever seen is where it was.</summary>
    public void CheckThatAllStays(List<string> violations)
    {
        for (int i = 0; i < _seen.Count; i++)
        {
            (string key, string[] rows) = _seen[i];
            if (i >= _stored.Count || _stored[i].Key != key || !_stored[i].Rows.SequenceEqual(rows, StringComparer.Ordinal))
            {
                violations.Add($"rows that were committed with {key} are gone or changed: {string.Join(", ", rows.Take(3))}");
                return;
            }
        }
    }

    /// <summary>The owner has put back an older copy of the output.</summary>
    public void Replace(IEnumerable<Unit> units)
    {
        Unit[] kept = [.. units];
        _stored.Clear();
        _seen.Clear();
        Rows = 0;
        _open = new Dictionary<string, int>(_expected, StringComparer.Ordinal);
        foreach (Unit unit in kept)
        {
            Append(unit);
        }
    }

    /// <summary>The job goes back while its output stays: what it had then has come already, all else comes again.</summary>
    /// <param name="had">What the job had made, visible or not.</param>
    /// <param name="toCome">What of that it will still, or again, make visible.</param>
    public void Expect(IEnumerable<string> had, IEnumerable<string> toCome)
    {
        _open = new Dictionary<string, int>(_expected, StringComparer.Ordinal);
        foreach (string row in had)
        {
            _open[row] = _open.GetValueOrDefault(row) - 1;
        }

        foreach (string row in toCome)
        {
            _open[row] = _open.GetValueOrDefault(row) + 1;
        }
    }
}
