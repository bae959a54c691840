namespace OrleansStream.Engine.Tests.Windowing;

/// <summary>Compares what an operator gives with what the model gives, step by step: what is new since the last step, in any order, and all late records.</summary>
internal sealed class WindowComparison(IWindowModel model)
{
    private int _seen;

    public void RequireSame(IReadOnlyList<string> outputs, IReadOnlyList<Item> late, string where)
    {
        RequireSame(outputs, where);
        Assert.Equal(model.Late.Order(), late.Select(r => r.Id).Order());
    }

    public void RequireSame(IReadOnlyList<string> outputs, string where)
    {
        string[] expected = [.. model.Outputs.Skip(_seen).Order(StringComparer.Ordinal)];
        string[] actual = [.. outputs.Skip(_seen).Order(StringComparer.Ordinal)];
        Assert.True(
            expected.SequenceEqual(actual), $"{where}{Environment.NewLine}expected {string.Join("; ", expected)}{Environment.NewLine}actual   {string.Join("; ", actual)}");
        _seen = model.Outputs.Count;
    }

    public void RequireSameInTheEnd(IReadOnlyList<string> outputs) => Assert.Equal(model.Outputs.Order(StringComparer.Ordinal), outputs.Order(StringComparer.Ordinal));
}
