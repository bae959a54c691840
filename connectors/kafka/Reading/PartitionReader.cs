using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansStream.Connectors.Kafka.Native;
using OrleansStream.Formats;

namespace OrleansStream.Connectors.Kafka.Reading;

/// <summary>
/// Reads the partitions of a subtask in turn, each from a queue of its own, a batch at a time and in place. Never waits: the client fills the queues on its threads and rings when one was empty.
/// </summary>
internal sealed unsafe class PartitionReader<T> : ISourceReader<T>
{
    private const int BatchSize = 1024;
    private const int ServiceMs = 200;

    private readonly SourceContext _context;
    private readonly KafkaSourceOptions _options;
    private readonly RecordReader<T> _reader;
    private readonly RdClient _client;
    private readonly List<AssignedPartition> _partitions = [];
    private readonly RdMessage** _messages;
    private readonly long[] _offsets = new long[BatchSize];
    private readonly Bell _bell;
    private AssignedPartition? _polled;
    private int _turn;
    private long _nextServiceMs;

    public PartitionReader(SourceContext context, KafkaSourceOptions options, RecordReader<T> reader)
    {
        _context = context;
        _options = options;
        _reader = reader;
        _client = new RdClient(Rd.Consumer, context.OperatorName, options.Settings.Over(
            ("bootstrap.servers", options.Servers),
            ("client.id", $"orleansstream-source-{context.Subtask}"),
            ("group.id", options.Group ?? "orleansstream"),
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("enable.partition.eof", options.Stop is null ? "false" : "true"),
            ("isolation.level", options.IsUncommitted ? "read_uncommitted" : "read_committed"),
            ("auto.offset.reset", options.OnMissing switch { MissingOffsets.Earliest => "earliest", MissingOffsets.Latest => "latest", _ => "error" }),
            ("queued.max.messages.kbytes", "32768"),
            ("fetch.queue.backoff.ms", "5")));
        _messages = (RdMessage**)NativeMemory.Alloc(BatchSize, (nuint)sizeof(nint));
        _bell = new Bell(context.Wake);
        Rd.PollSetConsumer(_client.Handle);
    }

    public long? Lag
    {
        get
        {
            long lag = 0;
            foreach (AssignedPartition partition in _partitions)
            {
                if (partition.End < 0)
                {
                    return null;
                }

                lag += partition.Lag;
            }

            return _partitions.Count > 0 ? lag : null;
        }
    }

    public void AddSplit(int handle, SourceSplit split)
    {
        KafkaPartition name = KafkaPartition.Parse(split.Id);
        PartitionPosition position = PartitionPosition.Read(split.Position.Span, split.Id);
        nint queue = Rd.QueueGetPartition(_client.Handle, name.Topic, name.Partition);

        // Before the client fetches, so that nothing goes into its common queue.
        Rd.QueueForward(queue, 0);
        _bell.Attach(queue);
        _partitions.Add(new AssignedPartition(handle, name, position, queue));
        WithList(name, position.Next, list => Require("assigning", name, RdError.Take(Rd.IncrementalAssign(_client.Handle, list))));
    }

    public PollResult Poll(SourceOutput<T> output)
    {
        Serve();
        int room = Math.Min(output.Room, BatchSize);
        for (int i = 0; i < _partitions.Count; i++)
        {
            AssignedPartition partition = _partitions[_turn];
            _turn = (_turn + 1) % _partitions.Count;
            if (partition.Next >= partition.Stop)
            {
                return End(partition);
            }

            if (partition.IsHeld)
            {
                continue;
            }

            int count = (int)Rd.ConsumeBatch(partition.Queue, 0, _messages, (nuint)room);
            if (count > 0)
            {
                return Take(partition, count, output);
            }
        }

        return PollResult.Nothing;
    }

    public ReadOnlyMemory<byte> Position(int handle)
    {
        AssignedPartition partition = _partitions.Find(p => p.Handle == handle)!;
        partition.Snapshotted = partition.Next;
        return new PartitionPosition(partition.Next, partition.Stop).Write();
    }

    // What the client has fetched stays in the partition's queue, which is bounded.
    public void Hold(int handle, bool hold) => _partitions.Find(p => p.Handle == handle)!.IsHeld = hold;

    public string? Describe(int handle) => _partitions.Find(p => p.Handle == handle) is { } partition ? PartitionPosition.Describe(partition.Next) : null;

    public string? PlaceOf(int index) => _polled is null ? null : $"{_polled.Name}, offset {_offsets[index]}";

    public void CheckpointCompleted(long checkpointId)
    {
        if (_options.Group is null)
        {
            return;
        }

        RdTopicPartitionList* list = Rd.ListNew(_partitions.Count);
        foreach (AssignedPartition partition in _partitions)
        {
            if (partition.Snapshotted >= 0)
            {
                Rd.ListAdd(list, partition.Name.Topic, partition.Name.Partition)->Offset = partition.Snapshotted;
            }
        }

        // What becomes of it is told by the client's errors; the job does not depend on it.
        if (list->Count > 0)
        {
            _ = Rd.Commit(_client.Handle, list, 1);
        }

        Rd.ListDestroy(list);
    }

    public void Dispose()
    {
        foreach (AssignedPartition partition in _partitions)
        {
            Bell.Detach(partition.Queue);
            Rd.QueueDestroy(partition.Queue);
        }

        _partitions.Clear();
        _client.Dispose();
        NativeMemory.Free(_messages);
        _bell.Dispose();
    }

    private PollResult Take(AssignedPartition partition, int count, SourceOutput<T> output)
    {
        _polled = partition;
        int at = 0;
        int emitted = 0;
        try
        {
            while (at < count)
            {
                try
                {
                    Emit(partition, count, output, ref at, ref emitted);
                }
                catch (Exception e) when (BadInput.Is(e) || e is JsonException)
                {
                    RdMessage* bad = _messages[at++];
                    partition.Next = bad->Offset + 1;
                    output.EmitBad(new BadRecord($"{partition.Name}, offset {bad->Offset}", e.Message, BadInput.Excerpt(new ReadOnlySpan<byte>(bad->Payload, (int)bad->PayloadLength))));
                    continue;
                }

                if (at < count && !PassEvent(partition, _messages[at++]))
                {
                    break;
                }
            }
        }
        finally
        {
            for (int i = 0; i < count; i++)
            {
                Rd.MessageDestroy(_messages[i]);
            }
        }

        return partition.Next >= partition.Stop ? End(partition) : PollResult.Read(partition.Handle);
    }

    // Stops before what is no record.
    private void Emit(AssignedPartition partition, int count, SourceOutput<T> output, ref int at, ref int emitted)
    {
        string topic = partition.Name.Topic;
        long stop = partition.Stop;
        for (; at < count; at++)
        {
            RdMessage* message = _messages[at];
            if (message->Error != 0 || message->Offset >= stop)
            {
                return;
            }

            long timestamp = Rd.MessageTimestamp(message, out int kind);
            KafkaRecord record = new(message, topic, kind == 0 ? Batch<T>.NoTimestamp : timestamp);
            if (_reader.Read(in record, out T value))
            {
                _offsets[emitted++] = message->Offset;
                output.Emit(in value, record.Timestamp);
            }

            partition.Next = message->Offset + 1;
        }
    }

    // The end of the partition, a trouble, or a record behind the last one. False: nothing behind it counts.
    private bool PassEvent(AssignedPartition partition, RdMessage* message)
    {
        RdErrorCode code = (RdErrorCode)message->Error;
        if (code is RdErrorCode.None)
        {
            partition.Next = partition.Stop;
            return false;
        }

        if (code == RdErrorCode.PartitionEnd)
        {
            partition.Next = Math.Max(partition.Next, message->Offset);
            return true;
        }

        if (KafkaFailure.IsTransient(code))
        {
            KafkaMetrics.ClientError(code);
            return true;
        }

        throw KafkaFailure.Describe(
            _context.OperatorName, $"reading {partition.Name} from offset {partition.Next}", _options.Servers, new RdError(code, Rd.Text(Rd.MessageErrorText(message))));
    }

    private PollResult End(AssignedPartition partition)
    {
        WithList(partition.Name, 0, list => RdError.Take(Rd.IncrementalUnassign(_client.Handle, list)));
        Bell.Detach(partition.Queue);
        Rd.QueueDestroy(partition.Queue);
        _partitions.Remove(partition);
        _turn = 0;
        return PollResult.End(partition.Handle);
    }

    // Errors, statistics and answers to commits come through the client's own queue; the ends of the partitions tell the lag.
    private void Serve()
    {
        long now = _context.ProcessingTime;
        if (now < _nextServiceMs && now >= _nextServiceMs - ServiceMs)
        {
            return;
        }

        _nextServiceMs = now + ServiceMs;
        _context.WakeAt(_nextServiceMs);
        RdMessage* message;
        while ((message = Rd.ConsumerPoll(_client.Handle, 0)) != null)
        {
            RdErrorCode code = (RdErrorCode)message->Error;
            string reason = Rd.Text(Rd.MessageErrorText(message));
            Rd.MessageDestroy(message);
            if (code is RdErrorCode.TopicAuthorization or RdErrorCode.UnknownTopicOrPartition or RdErrorCode.UnknownTopicLocal or RdErrorCode.AuthenticationFailed or RdErrorCode.Fatal)
            {
                throw KafkaFailure.Describe(_context.OperatorName, $"reading {_options.Subject}", _options.Servers, new RdError(code, reason, code == RdErrorCode.Fatal));
            }
        }

        if (_client.LastError is { Code: RdErrorCode.AuthenticationFailed or RdErrorCode.Ssl } refused)
        {
            throw KafkaFailure.Describe(_context.OperatorName, $"reading {_options.Subject}", _options.Servers, refused);
        }

        foreach (AssignedPartition partition in _partitions)
        {
            partition.Refresh(_client);
        }
    }

    private void Require(string action, KafkaPartition name, RdError? error)
    {
        if (error is not null)
        {
            throw KafkaFailure.Describe(_context.OperatorName, $"{action} {name}", _options.Servers, error);
        }
    }

    private static void WithList(KafkaPartition name, long offset, ListAction action)
    {
        RdTopicPartitionList* list = Rd.ListNew(1);
        try
        {
            Rd.ListAdd(list, name.Topic, name.Partition)->Offset = offset;
            action(list);
        }
        finally
        {
            Rd.ListDestroy(list);
        }
    }

    private delegate void ListAction(RdTopicPartitionList* list);
}
