using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Tests.Codec;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests;

/// <summary>A million random and mutated packets. Run alone, so that what is allocated is theirs.</summary>
[Collection(nameof(AloneCollection))]
public class FuzzTests
{
    private const int ThroughCodec = 940_000;
    private const int ThroughBroker = 50_000;
    private const int ThroughConnect = 10_000;

    [Fact]
    public void The_codec_judges_every_packet_and_allocates_nothing()
    {
        foreach (MqttVersion version in (MqttVersion[])[MqttVersion.V311, MqttVersion.V5])
        {
            var mutation = new Mutation(seed: 1, Samples.Valid(version));
            var outcomes = new long[3];
            Judge(mutation, version, 10_000, outcomes); // warm
            Array.Clear(outcomes);
            const int Part = ThroughCodec / 2 / Allocated.Rounds;
            Assert.Equal(0, Allocated.Least(_ => Judge(mutation, version, Part, outcomes)));
            Assert.Equal(ThroughCodec / 2, outcomes.Sum());
            Assert.All(outcomes, count => Assert.True(count > ThroughCodec / 100, string.Join(' ', outcomes)));
        }
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task The_broker_counts_every_packet_and_serves_its_other_client(MqttVersion version)
    {
        await using var broker = new MqttBroker(new MqttBrokerOptions { MaxSessions = 4 }, listens: false);
        byte[][] samples = [.. Samples.Valid(version).Where(s => s[0] >> 4 != (int)PacketType.Connect)];
        var mutation = new Mutation(seed: 2, samples);
        var random = new Random(3);
        var bystander = await Enter(broker, "bystander", version);
        (MemoryLink Link, Task Serving)? victim = null;
        long accepted = 0;
        long probes = 0;
        long logins = 1;
        long memory = 0;
        const int Count = ThroughBroker / 2;
        for (int i = 0; i < Count; i++)
        {
            if (victim is null)
            {
                victim = await Enter(broker, "victim", version);
                logins++;
            }

            long refused = Refused(broker);
            await victim.Value.Link.SendAsync(
                WithProbe(mutation.NextFramed(samples[random.Next(samples.Length)]), version));
            if (await victim.Value.Link.ReadUntilAsync(Answer(version)))
            {
                accepted++;
                probes++;
            }
            else
            {
                await victim.Value.Serving;
                accepted += Refused(broker) == refused ? 1 : 0; // a proper DISCONNECT
                victim = null;
            }

            if (i % 5000 == 0)
            {
                await bystander.Link.SendAsync(Probe(version));
                Assert.True(await bystander.Link.ReadUntilAsync(Answer(version)));
                probes++;
                memory = i == 5000 ? GC.GetTotalMemory(true) : memory;
            }
        }

        Assert.Equal(Count, accepted + Refused(broker));
        Assert.True(accepted > Count / 20 && Refused(broker) > Count / 20);
        Assert.Equal(Count + probes + (2 * logins), broker.Counters.PacketsReceived);
        Assert.InRange(GC.GetTotalMemory(true) - memory, long.MinValue, 4 << 20);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V5)]
    public async Task The_broker_counts_every_connect(MqttVersion version)
    {
        await using var broker = new MqttBroker(new MqttBrokerOptions { MaxSessions = 20_000 }, listens: false);
        byte[][] samples = [.. Samples.Valid(version).Where(s => s[0] >> 4 == (int)PacketType.Connect)];
        var mutation = new Mutation(seed: 4, samples);
        const int Count = ThroughConnect / 2;
        for (int i = 0; i < Count; i++)
        {
            var link = new MemoryLink();
            await link.SendAsync(mutation.NextFramed(samples[i % samples.Length]).ToArray());
            link.CloseClient();
            await Serve(broker, link);
        }

        MqttBrokerCounters counters = broker.Counters;
        Assert.Equal(Count, counters.ConnectionsAccepted + counters.ConnectionsRefused);
        Assert.Equal(Count, counters.PacketsReceived);
        Assert.True(counters.ConnectionsAccepted > Count / 20 && counters.Malformed > Count / 20);
        Assert.Equal(0, counters.ConnectionsOpen);
    }

    /// <summary>A question that no mutated packet asks, to learn whether the connection still lives.</summary>
    private static byte[] Probe(MqttVersion version) =>
        Packets.Hex(version == MqttVersion.V5 ? "A2 06 FFFE 00 0001 3F" : "A2 05 FFFE 0001 3F");

    private static byte[] Answer(MqttVersion version) =>
        Packets.Hex(version == MqttVersion.V5 ? "B0 04 FFFE 00 11" : "B0 02 FFFE");

    private static byte[] WithProbe(ReadOnlySpan<byte> packet, MqttVersion version) => [.. packet, .. Probe(version)];

    private static long Refused(MqttBroker broker) =>
        broker.Counters.Malformed + broker.Counters.ProtocolErrors;

    private static async Task<(MemoryLink Link, Task Serving)> Enter(MqttBroker broker, string id, MqttVersion version)
    {
        var link = new MemoryLink();
        Task serving = Serve(broker, link);
        await link.SendAsync(Packets.Connect(id, version));
        await link.SendAsync(Probe(version));
        Assert.True(await link.ReadUntilAsync(Answer(version)));
        return (link, serving);
    }

    private static async Task Serve(MqttBroker broker, MemoryLink link)
    {
        await Task.Yield();
        await broker.ServeAsync(link, default, () => { });
        link.CloseBroker();
    }

    private static void Judge(Mutation mutation, MqttVersion version, int count, long[] outcomes)
    {
        Span<byte> again = stackalloc byte[2048];
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> bytes = mutation.Next();
            ParseStatus status = Packets.Judge(bytes, version);
            outcomes[(int)status]++;
            if (status == ParseStatus.Complete && bytes[0] >> 4 == (int)PacketType.Publish)
            {
                FixedHeader.TryRead(bytes, int.MaxValue, out FixedHeader header, out _);
                ReadOnlySpan<byte> body = bytes.Slice(header.HeaderLength, header.BodyLength);
                PublishView.TryParse(header.Flags, body, version, out PublishView view);
                int length = PacketWriter.WritePublish(again, view, version);
                if (header.IsMinimal && !again[..length].SequenceEqual(bytes[..header.PacketLength]))
                {
                    throw new InvalidOperationException(Convert.ToHexString(bytes)); // accepted, but not understood
                }
            }
        }
    }
}

/// <summary>Tests of which nothing may run beside them, since they measure the whole process.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public class AloneCollection;
