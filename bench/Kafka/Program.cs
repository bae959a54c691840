using OrleansStream.Bench.Kafka;

return args is ["kafka", .. string[] options] ? KafkaCommand.Run(options, Console.Out, Console.Error) : 2;
