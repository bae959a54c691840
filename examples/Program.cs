using OrleansStream.Examples;
using OrleansStream.Examples.Flights;
using OrleansStream.Examples.Fraud;
using OrleansStream.Examples.Quakes;
using OrleansStream.Examples.Sessions;

Example[] examples =
[
    new("flights", "Mean and worst delay per airport and hour, into files, exactly once.", FlightsExample.Program.RunAsync),
    new("fraud", FraudExample.Program.About, FraudExample.Program.RunAsync),
    new("quakes", QuakesExample.Program.About, QuakesExample.Program.RunAsync),
    new("sessions", SessionsExample.Program.About, SessionsExample.Program.RunAsync),
];

// Without a name the first one runs: ./run --repeat 10.
bool named = args.Length > 0 && !args[0].StartsWith('-');
string name = named ? args[0] : examples[0].Name;
if (examples.FirstOrDefault(e => e.Name == name) is { } example)
{
    return await example.RunAsync(named ? args[1..] : args);
}

Console.Error.WriteLine($"There is no example '{name}'. The examples are:");
foreach (Example known in examples)
{
    Console.Error.WriteLine($"  ./run {known.Name,-12} {known.Description}");
}

return 2;
