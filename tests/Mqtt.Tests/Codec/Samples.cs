using CityBrain.Mqtt.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Codec;

/// <summary>Valid packets of every type, as seeds for splitting and mutation.</summary>
internal static class Samples
{
    public static byte[][] Valid(MqttVersion version)
    {
        bool v5 = version == MqttVersion.V5;
        List<byte[]> packets =
        [
            Connect("sensor-1", version, keepAlive: 30, user: "u", password: "secret", willTopic: "city/will"),
            Connect("", version, properties: v5 ? Hex("11 0000003C 21 0010 27 00010000 26 0001 61 0001 62") : null),
            Hex(v5 ? "20 06 00 00 03 21 0010" : "20 02 01 00"),
            Publish("city/1/loop/17", "{\"count\":3}", version),
            Publish("city/1/街/17", new string('x', 300), version, Qos.AtLeastOnce, 77, retain: true, dup: true),
            Publish(
                "city/1/camera", "payload", version, Qos.ExactlyOnce, 78,
                properties: v5 ? Hex("01 01 02 0000003C 03 0001 74 08 0001 72 09 0002 0102 26 0001 61 0001 62") : null),
            Ack(PacketType.PubAck, 1, version), Ack(PacketType.PubRec, 2, version), Ack(PacketType.PubRel, 3, version),
            Ack(PacketType.PubComp, 4, version),
            Subscribe(5, "city/+/loop/#", new(Qos.AtLeastOnce), version),
            Hex(v5 ? "90 04 0005 00 01" : "90 03 0005 01"),
            Hex(v5 ? "A2 06 0006 00 0001 61" : "A2 05 0006 0001 61"),
            Hex(v5 ? "B0 04 0006 00 11" : "B0 02 0006"),
            Hex("C0 00"), Hex("D0 00"), Hex(v5 ? "E0 02 8E 00" : "E0 00"),
        ];
        if (v5)
        {
            packets.Add(Hex("F0 07 18 05 15 0002 6162"));
            packets.Add(Hex("40 0A 0001 10 06 1F 0003 616263"));
            packets.Add(Hex("30 06 0000 03 23 0001"));
        }

        return [.. packets];
    }
}
