using OrleansStream.Bench.Commands;

return args switch
{
    ["workloads", .. string[] options] => WorkloadsCommand.Run(options, Console.Out, Console.Error),
    ["check", .. string[] options] => CheckCommand.Run(options, Console.Out, Console.Error),
    ["checkpoints", .. string[] options] => CheckpointsCommand.Run(options, Console.Out, Console.Error),
    ["latency", .. string[] options] => LatencyCommand.Run(options, Console.Out, Console.Error),
    ["keyed", .. string[] options] => KeyedCommand.Run(options, Console.Out, Console.Error),
    ["kafka", .. string[] options] => KafkaCommand.Run(options, Console.Out, Console.Error),
    ["cep", .. string[] options] => CepCommand.Run(options, Console.Out, Console.Error),
    [] => Usage("no command given"),
    [string other, ..] => Usage($"unknown command '{other}'"),
};

static int Usage(string problem)
{
    Console.Error.WriteLine($"{problem}; valid commands: workloads, check, checkpoints, latency, keyed, kafka, cep");
    Console.Error.WriteLine(WorkloadOptions.Usage);
    return 2;
}
