using OrleansStream.Engine.Channels;
using OrleansStream.Engine.Frames;
using OrleansStream.Engine.Nodes;

namespace OrleansStream.Simulation;

/// <summary>Every budget of a task host: the bytes in flight, and what each channel may hold whatever they are.</summary>
internal static class MemoryCheck
{
    public static void Run(SimulatedNode node, List<string> violations)
    {
        foreach (HostedAttempt attempt in node.Tasks.Attempts)
        {
            void Require(bool holds, string what)
            {
                if (!holds)
                {
                    violations.Add($"{node.Name}, attempt {attempt.Attempt}: {what}");
                }
            }

            Require(attempt.Memory.Used >= 0 && attempt.Memory.Used <= attempt.Memory.Limit, $"{attempt.Memory.Used} bytes are in flight, and the budget is {attempt.Memory.Limit}");
            foreach ((ChannelId id, Channel channel) in attempt.Channels)
            {
                Require(channel.Batches <= Channel.MaxBatches, $"{id} holds {channel.Batches} batches");
            }

            foreach (PeerExchange peer in attempt.Peers)
            {
                foreach (FrameSender sender in peer.Senders)
                {
                    Require(sender.UnansweredBytes <= FrameLimits.MaxFrames * FrameLimits.MaxBytes, $"{sender.Id} keeps {sender.UnansweredBytes} bytes for {peer.Name}");
                }

                foreach (FrameReceiver receiver in peer.Receivers)
                {
                    Require(receiver.WaitingBytes <= FrameLimits.MaxFrames * FrameLimits.MaxBytes, $"{receiver.Id} has {receiver.WaitingBytes} bytes of {peer.Name} waiting");
                }
            }
        }
    }
}
