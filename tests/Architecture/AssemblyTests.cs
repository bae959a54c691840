using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml.Linq;
using OrleansStream.Engine;
using OrleansStream.Hosting;
using OrleansStream.TestKit;

namespace OrleansStream.Architecture;

/// <summary>Who references whom, by what the compiler wrote; what an assembly holds.</summary>
public sealed class AssemblyTests
{
    private static readonly string s_runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    public static TheoryData<string> Documented => ["contracts", "engine", "hosting", "testkit"];

    [Theory]
    [InlineData("contracts")]
    [InlineData("engine", "OrleansStream.Contracts")]
    [InlineData("hosting", "OrleansStream.Contracts", "OrleansStream.Engine", "Microsoft.Extensions.")]
    [InlineData("testkit", "OrleansStream.Contracts", "OrleansStream.Engine")]
    public void An_assembly_references_the_base_library_and_what_the_design_allows(string room, params string[] allowed)
    {
        Rule.HasNoBreach(
            AssemblyOf(room).GetReferencedAssemblies().Select(reference => reference.Name!)
                .Where(name => !IsBaseLibrary(name) && !allowed.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal))));
    }

    [Fact]
    public void The_engine_has_no_async_method()
    {
        Rule.HasNoBreach(AssemblyOf("engine").GetTypes().Where(type => type.IsAssignableTo(typeof(IAsyncStateMachine))));
    }

    [Fact]
    public void The_contracts_have_no_async_method()
    {
        Rule.HasNoBreach(AssemblyOf("contracts").GetTypes().Where(type => type.IsAssignableTo(typeof(IAsyncStateMachine))));
    }

    [Theory]
    [MemberData(nameof(Documented))]
    public void Every_public_type_is_documented(string room)
    {
        Assembly assembly = AssemblyOf(room);
        HashSet<string> documented =
            [.. XDocument.Load(Path.ChangeExtension(assembly.Location, ".xml")).Descendants("member").Where(HasText).Select(member => (string)member.Attribute("name")!)];
        Rule.HasNoBreach(
            from type in assembly.GetExportedTypes()
            where !documented.Contains("T:" + type.FullName!.Replace('+', '.'))
            select $"{type.FullName} has no summary");
    }

    [Theory]
    [MemberData(nameof(Documented))]
    public void The_compiler_insists_on_documentation(string room)
    {
        ProjectFile project = ProjectFile.All.Single(p => p.Path.StartsWith(room + "/", StringComparison.Ordinal));
        Assert.Equal("true", project.Property("GenerateDocumentationFile"));
        Assert.DoesNotContain("CS1591", project.Property("NoWarn"), StringComparison.Ordinal);
    }

    private static bool HasText(XElement member) =>
        member.Element("inheritdoc") is not null || !string.IsNullOrWhiteSpace(member.Element("summary")?.Value);

    private static bool IsBaseLibrary(string name) => File.Exists(Path.Combine(s_runtime, name + ".dll"));

    private static Assembly AssemblyOf(string room) => room switch
    {
        "contracts" => typeof(IStreamJob).Assembly,
        "engine" => typeof(IEngineHost).Assembly,
        "hosting" => typeof(LocalCluster).Assembly,
        "testkit" => typeof(FaultyCheckpointStore).Assembly,
        _ => throw new ArgumentOutOfRangeException(nameof(room), room, null),
    };
}
