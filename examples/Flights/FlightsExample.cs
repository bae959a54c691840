using OrleansStream.Hosting;

namespace OrleansStream.Examples.Flights;

/// <summary>The program around <see cref="FlightDelays"/>.</summary>
internal static class FlightsExample
{
    public const string DefaultOutput = "out/flights";
    private const int Rows = 10;

    public static ExampleProgram Program { get; } = new()
    {
        Name = "flights",
        JobName = nameof(FlightDelays),
        About = "Mean and worst delay of flights per airport and hour, into files, each result exactly once.",
        Calls = ["./run", "./run --repeat 50 --rate 100000 --overwrite", "./run flights --resume"],
        Create = () => new FlightDelays(),
        Print = Print,
        Check = RequireArguments,
        Options =
        [
            new ExtraOption("rate", "Flights a second, by the host's clock. Default: as fast as it goes.") { ValueName = "number", IsArgument = true },
            new ExtraOption("repeat", "How often the input is read, each time with later dates. Default: 1.") { ValueName = "times", IsArgument = true },
            new ExtraOption("input", "The file to read. Default: the sample of 20,000 flights.") { ValueName = "file", IsArgument = true },
        ],
    };

    private static void Print(TextWriter output, string folder)
    {
        output.WriteLine($"The {Rows} worst hours, of all rows in {folder}:");
        WorstDelays.Print(output, WorstDelays.Read(folder, Rows));
    }

    private static void RequireArguments(JobArguments arguments)
    {
        if (arguments.Get("rate", 1.0) is not (> 0 and < double.PositiveInfinity))
        {
            throw new OptionsException($"--rate {arguments.Values["rate"]}: must be a positive number of flights a second.");
        }

        if (arguments.Get("repeat", 1) is not (>= 1 and <= 10_000))
        {
            throw new OptionsException($"--repeat {arguments.Values["repeat"]}: must be from 1 to 10000.");
        }
    }
}
