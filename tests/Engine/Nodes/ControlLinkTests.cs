using OrleansStream.Engine.Nodes;

namespace OrleansStream.Engine.Tests.Nodes;

public sealed class ControlLinkTests
{
    [Fact]
    public void Messages_arrive_once_and_in_order_whatever_is_lost_repeated_or_reordered()
    {
        for (int seed = 1; seed <= 200; seed++)
        {
            SeededRandom random = new(seed);
            double loss = random.NextDouble() * 0.6;
            List<(bool ToHost, ControlPacket Packet)> flying = [];
            void Send(bool toHost, ControlPacket packet)
            {
                for (int copies = random.Next(4) == 0 ? 2 : 1; copies > 0; copies--)
                {
                    if (random.NextDouble() >= loss)
                    {
                        flying.Add((toHost, packet));
                    }
                }
            }

            ControlLink master = new(p => Send(true, new HostPacket("job", 1, "master", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs)));
            ControlLink host = new(p => Send(false, new MasterPacket("job", 1, "host", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs, 7, null)));
            List<long> atHost = [];
            List<long> atMaster = [];
            int sentByMaster = 0;
            int sentByHost = 0;
            for (long now = 1; now < 3000; now++)
            {
                if (now == 1500)
                {
                    loss = 0;
                }

                switch (random.Next(12))
                {
                    case 0 when now < 1500:
                        master.Send(new CompleteCheckpoint("job", 1, ++sentByMaster), now);
                        break;
                    case 1 when now < 1500:
                        host.Send(new CompleteCheckpoint("job", 1, ++sentByHost), now);
                        break;
                    case 2:
                        master.Beat(now);
                        break;
                    case 3:
                        host.Beat(now);
                        break;
                    default:
                        if (flying.Count > 0)
                        {
                            int at = random.Next(flying.Count);
                            (bool toHost, ControlPacket packet) = flying[at];
                            flying.RemoveAt(at);
                            (toHost ? atHost : atMaster).AddRange((toHost ? host : master).Receive(packet, now).Select(m => ((CompleteCheckpoint)m).CheckpointId));
                        }

                        break;
                }

                Assert.True(host.SeenMs <= now && master.SeenMs <= now);
            }

            Assert.Equal(Enumerable.Range(1, sentByMaster).Select(i => (long)i), atHost);
            Assert.Equal(Enumerable.Range(1, sentByHost).Select(i => (long)i), atMaster);
            Assert.False(master.HasUnacknowledged || host.HasUnacknowledged);
        }
    }

    [Fact]
    public void Packets_that_overtake_each_other_are_taken_without_a_repetition()
    {
        List<HostPacket> packets = [];
        ControlLink master = new(p => packets.Add(new HostPacket("job", 1, "master", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs)));
        ControlLink host = new(_ => { });
        for (int i = 1; i <= 8; i++)
        {
            master.Send(new CompleteCheckpoint("job", 1, i), i);
        }

        int[] order = [2, 1, 0, 7, 5, 6, 4, 3];
        List<long> taken = [.. order.SelectMany(at => host.Receive(packets[at], 10)).Select(m => ((CompleteCheckpoint)m).CheckpointId)];
        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8], taken);
        // A late repetition of all of them brings nothing new.
        master.Beat(20);
        Assert.Empty(host.Receive(packets[^1], 21));
    }

    [Fact]
    public void A_lease_runs_from_the_time_of_the_packet_that_the_master_has_seen_and_not_from_that_of_its_answer()
    {
        List<HostPacket> toHost = [];
        List<MasterPacket> toMaster = [];
        ControlLink master = new(p => toHost.Add(new HostPacket("job", 1, "master", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs)));
        ControlLink host = new(p => toMaster.Add(new MasterPacket("job", 1, "host", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs, 7, null)));
        host.Beat(100);
        master.Receive(toMaster[0], 5_000);
        master.Beat(6_000);
        host.Receive(toHost[0], 900);
        Assert.Equal(100, host.SeenMs);
        // An answer that was sent before the master heard anything says nothing.
        master = new(p => toHost.Add(new HostPacket("job", 1, "master", p.First, p.Messages, p.Received, p.SentMs, p.EchoMs)));
        master.Beat(7_000);
        host.Receive(toHost[1], 1_000);
        Assert.Equal(100, host.SeenMs);
    }
}
