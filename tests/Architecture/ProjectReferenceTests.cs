namespace OrleansStream.Architecture;

/// <summary>Who references whom, by the project files.</summary>
public sealed class ProjectReferenceTests
{
    [Fact]
    public void Every_project_is_in_a_room_of_the_house()
    {
        Rule.HasNoBreach(ProjectFile.All.Where(project => Room.Of(project.Path) is null));
    }

    [Fact]
    public void Every_project_is_in_the_solution()
    {
        string solution = Repository.Read("OrleansStream.sln").Replace('\\', '/');
        Rule.HasNoBreach(ProjectFile.All.Where(project => !solution.Contains($"\"{project.Path}\"", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_project_references_only_rooms_that_the_design_allows()
    {
        Rule.HasNoBreach(
            from project in ProjectFile.All
            let room = Room.Of(project.Path)
            where room?.MayReference is not null
            from reference in project.References
            where !room.MayReference!.Contains(Room.Of(reference)?.Folder)
            select $"{project.Path} may not reference {reference}");
    }

    [Fact]
    public void A_project_references_only_packages_that_the_design_allows()
    {
        Rule.HasNoBreach(
            from project in ProjectFile.All
            let room = Room.Of(project.Path)
            where room?.Packages is not null
            from package in project.Packages
            where !room.Packages!.Any(allowed => package.StartsWith(allowed, StringComparison.Ordinal))
            select $"{project.Path} may not reference the package {package}");
    }

    [Fact]
    public void Only_tests_benchmarks_and_examples_reference_each_other()
    {
        string[] leaves = ["tests", "bench", "examples"];
        Rule.HasNoBreach(
            from project in ProjectFile.All
            where !leaves.Contains(Room.Of(project.Path)?.Folder)
            from reference in project.References
            where leaves.Contains(Room.Of(reference)?.Folder)
            select $"{project.Path} may not reference {reference}");
    }

    [Fact]
    public void Versions_of_packages_are_in_one_place()
    {
        Rule.HasNoBreach(
            from project in ProjectFile.All
            from line in Repository.ReadLines(project.Path)
            where line.Contains("<PackageReference", StringComparison.Ordinal) && line.Contains("Version=", StringComparison.Ordinal)
            select $"{project.Path}: the version of a package belongs into Directory.Packages.props: {line.Trim()}");
    }

    [Theory]
    [InlineData("contracts/OrleansStream.Contracts.csproj", "../eng/BannedSymbols.txt")]
    [InlineData("engine/OrleansStream.Engine.csproj", "../eng/BannedSymbols.txt")]
    [InlineData("engine/OrleansStream.Engine.csproj", "../eng/BannedSymbols.Engine.txt")]
    public void The_clock_threads_and_randomness_are_banned_where_the_host_gives_them(string path, string list)
    {
        ProjectFile project = ProjectFile.Find(path);
        Assert.Contains(list, project.Includes("AdditionalFiles"));
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", project.Includes("PackageReference"));
        Assert.DoesNotContain("RS0030", project.Property("NoWarn"), StringComparison.Ordinal);
    }

    [Fact]
    public void No_file_of_contracts_and_engine_suspends_the_ban()
    {
        Rule.HasNoBreach(
            from file in Repository.FilesEndingIn(".cs")
            where file.StartsWith("contracts/", StringComparison.Ordinal) || file.StartsWith("engine/", StringComparison.Ordinal)
            where Repository.Read(file).Contains("RS0030", StringComparison.Ordinal)
            select file);
    }

    [Fact]
    public void No_project_lets_warnings_pass()
    {
        Assert.Contains("<TreatWarningsAsErrors>true<", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
        Rule.HasNoBreach(ProjectFile.All.Where(project => project.Property("TreatWarningsAsErrors") is "false" || project.Property("WarningsNotAsErrors") is not ""));
        Rule.HasNoBreach(ProjectFile.All.Where(project => project.Property("Nullable") is not ("" or "enable")));
    }
}
