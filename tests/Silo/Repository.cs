namespace OrleansStream.SiloTests;

/// <summary>The files of the repository that the tests were built from.</summary>
internal static class Repository
{
    /// <summary>Its folder.</summary>
    public static string Root { get; } = Find();

    private static string Find()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "OrleansStream.sln")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("No folder above the tests has the solution.");
        }

        return folder.FullName;
    }
}
