using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace OrleansStream.Conformance.Model;

/// <summary>
/// Writes a JSON value so that equal values give equal text: members sorted, numbers by value (3.0 is 3), the largest and smallest 64-bit number as the times
/// "max" and "min".
/// </summary>
public static class CanonicalJson
{
    /// <summary>Writes a value.</summary>
    /// <param name="json">The value.</param>
    /// <param name="sortInnerLists">Sorts the lists that are fields of a record, for outputs whose lists have no order.</param>
    public static string Of(JsonElement json, bool sortInnerLists = false)
    {
        StringBuilder text = new();
        Append(text, json, sortInnerLists ? 0 : int.MinValue);
        return text.ToString();
    }

    // Depth counts the lists around the value, from int.MinValue where none is to be sorted: depth 0 is the record itself, depth 1 its lists.
    private static void Append(StringBuilder text, JsonElement json, int depth)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.Object:
                string[] members = [.. json.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal).Select(m => Quote(m.Name) + ":" + Inner(m.Value, depth))];
                text.Append('{').AppendJoin(',', members).Append('}');
                break;
            case JsonValueKind.Array:
                IEnumerable<string> items = json.EnumerateArray().Select(item => Inner(item, depth + 1));
                text.Append('[').AppendJoin(',', depth >= 1 ? items.Order(StringComparer.Ordinal) : items).Append(']');
                break;
            case JsonValueKind.Number:
                text.Append(Number(json));
                break;
            case JsonValueKind.String:
                text.Append(Quote(json.GetString()!));
                break;
            default:
                text.Append(json.GetRawText());
                break;
        }
    }

    private static string Inner(JsonElement json, int depth)
    {
        StringBuilder text = new();
        Append(text, json, depth);
        return text.ToString();
    }

    private static string Number(JsonElement json)
    {
        if (json.TryGetInt64(out long whole))
        {
            return Times.Write(whole);
        }

        if (json.TryGetDecimal(out decimal exact))
        {
            return decimal.IsInteger(exact) && exact is > long.MinValue and < long.MaxValue
                ? Times.Write((long)exact)
                : exact.ToString("0.############################", CultureInfo.InvariantCulture);
        }

        return json.GetDouble().ToString("R", CultureInfo.InvariantCulture);
    }

    private static string Quote(string text) => '"' + JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(text) + '"';
}
