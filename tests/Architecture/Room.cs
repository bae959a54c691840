namespace OrleansStream.Architecture;

/// <summary>A row of the house: a folder with projects, and what they may reference.</summary>
/// <param name="Folder">The folder; projects in folders below it count.</param>
/// <param name="MayReference">Folders whose projects they may reference; null for any.</param>
/// <param name="Packages">What names of packages may begin with; null for any. Packages that only serve the build do not count.</param>
internal sealed record Room(string Folder, string[]? MayReference, string[]? Packages)
{
    /// <summary>The table of the design, section 2.</summary>
    public static IReadOnlyList<Room> All { get; } =
    [
        new("contracts", [], []),
        new("engine", ["contracts"], []),
        new("hosting", ["contracts", "engine"], ["Microsoft.Extensions."]),
        new("testkit", ["contracts", "engine"], []),
        new("connectors", ["contracts"], null),
        new("grains", ["contracts", "engine", "hosting"], ["Microsoft.Orleans.", "Microsoft.Extensions."]),
        new("silo", ["contracts", "engine", "hosting", "grains", "connectors", "silo"], null),
        new("client", ["contracts", "hosting", "client"], ["Spectre.Console", "System.CommandLine", "Microsoft.Extensions."]),
        new("examples", null, null),
        new("bench", null, null),
        new("tests", null, null),
    ];

    /// <summary>The room that a file is in; null for a project in a folder that the table lacks.</summary>
    public static Room? Of(string file) => All.FirstOrDefault(room => file.StartsWith(room.Folder + "/", StringComparison.Ordinal));
}
