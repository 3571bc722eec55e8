using CityBrain.Mqtt.Codec;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Codec;

/// <summary>One broken packet for each rule, with the reason code that has to come of it.</summary>
public class MalformedTests
{
    private const MqttVersion V3 = MqttVersion.V311;
    private const MqttVersion V5 = MqttVersion.V5;

    [Theory]
    [InlineData("00 00", V5, 0x81)] // reserved packet type
    [InlineData("31 FF FF FF FF 01", V5, 0x81)] // remaining length of five bytes (§1.5.5)
    [InlineData("30 FF FF FF 7F", V5, 0x95)] // longer than the receiver allows
    [InlineData("60 02 0001", V5, 0x81)] // PUBREL's flags must be 2 (§2.1.3)
    [InlineData("80 06 0001 0001 61 00", V3, 0x81)] // SUBSCRIBE's too
    [InlineData("C1 00", V5, 0x81)] // PINGREQ's must be 0
    [InlineData("C0 01 00", V5, 0x81)] // PINGREQ has no body
    public void Fixed_header(string hex, MqttVersion version, byte reason) => Refused(hex, version, reason);

    [Theory]
    [InlineData("36 05 0001 61 0001", V3, 0x81)] // QoS 3 (MQTT-3.3.1-4)
    [InlineData("38 03 0001 61", V3, 0x81)] // DUP with QoS 0 (MQTT-3.3.1-2)
    [InlineData("32 05 0001 61 0000", V3, 0x82)] // packet identifier 0 (MQTT-2.2.1-3)
    [InlineData("32 03 0001 61", V3, 0x81)] // no packet identifier
    [InlineData("30 02 0000", V3, 0x82)] // no topic, and 3.1.1 has no alias
    [InlineData("30 03 0000 00", V5, 0x82)] // no topic and no alias
    [InlineData("30 03 0005 61", V3, 0x81)] // topic longer than the packet
    [InlineData("30 01 00", V3, 0x81)] // half a length
    [InlineData("30 03 0001 2B", V3, 0x90)] // topic name with + (MQTT-3.3.2-2)
    [InlineData("30 05 0003 612F23", V3, 0x90)] // and with #
    [InlineData("30 14 0012 6162636465666768696A6B6C6D6E6F70712B", V3, 0x90)] // + behind the first vector
    [InlineData("30 03 0001 00", V3, 0x81)] // U+0000 (MQTT-1.5.4-2)
    [InlineData("30 14 0012 6162636465666768696A6B6C6D6E6F707100", V3, 0x81)] // U+0000 behind the first vector
    [InlineData("30 04 0002 C328", V3, 0x81)] // broken UTF-8
    [InlineData("30 05 0003 EDA080", V3, 0x81)] // a surrogate (MQTT-1.5.4-1)
    [InlineData("30 04 0002 C080", V3, 0x81)] // overlong U+0000
    [InlineData("30 03 0001 61", V5, 0x81)] // no property length
    [InlineData("30 04 0001 61 05", V5, 0x81)] // properties longer than the packet
    [InlineData("30 05 0001 61 8000", V5, 0x81)] // overlong property length
    public void Publish(string hex, MqttVersion version, byte reason) => Refused(hex, version, reason);

    [Theory]
    [InlineData("30 06 0001 61 02 7F00", 0x81)] // unknown property
    [InlineData("30 06 0001 61 02 2401", 0x81)] // one of CONNACK's
    [InlineData("30 08 0001 61 04 0100 0101", 0x82)] // twice (§2.2.2.2)
    [InlineData("30 06 0001 61 02 0102", 0x82)] // payload format 2
    [InlineData("30 05 0001 61 01 02", 0x81)] // expiry without a value
    [InlineData("30 06 0001 61 02 0B00", 0x82)] // subscription identifier 0
    [InlineData("30 08 0001 61 04 0300 02FF", 0x81)] // content type that is cut off
    [InlineData("30 09 0001 61 05 030002C328", 0x81)] // and one that is not UTF-8
    [InlineData("30 08 0001 61 04 0800012B", 0x82)] // response topic with a wildcard (MQTT-3.3.2-14)
    [InlineData("30 0A 0001 61 06 260001610001", 0x81)] // user property without its value's bytes
    public void Properties(string hex, byte reason) => Refused(hex, V5, reason);

    [Theory]
    [InlineData("10 0C 00044D515454 03 02 0000 0000", 0x84)] // protocol level 3
    [InlineData("10 0C 00044D515454 06 02 0000 0000", 0x84)] // and 6
    [InlineData("10 0E 00064D5149736470 03 02 0000 0000", 0x84)] // MQIsdp
    [InlineData("10 0C 00044D515454 04 03 0000 0000", 0x81)] // reserved flag (MQTT-3.1.2-3)
    [InlineData("10 0C 00044D515454 04 0A 0000 0000", 0x81)] // will QoS without a will
    [InlineData("10 0C 00044D515454 04 22 0000 0000", 0x81)] // will retain without a will
    [InlineData("10 12 00044D515454 04 1E 0000 0000 0001 77 0001 78", 0x81)] // will QoS 3
    [InlineData("10 0F 00044D515454 04 42 0000 0000 0001 70", 0x81)] // password without user in 3.1.1
    [InlineData("10 0D 00044D515454 04 02 0000 0000 00", 0x81)] // a byte too many
    [InlineData("10 0B 00044D515454 04 02 0000 00", 0x81)] // one too few
    [InlineData("10 12 00044D515454 04 06 0000 0000 0001 23 0001 78", 0x90)] // will topic #
    [InlineData("10 10 00044D515454 05 02 0000 03 210000 0000", 0x82)] // receive maximum 0
    public void Connect(string hex, byte reason) => Refused(hex, V5, reason);

    [Theory]
    [InlineData("82 06 0000 0001 61 00", V3, 0x82)] // packet identifier 0
    [InlineData("82 02 0001", V3, 0x82)] // no filter (MQTT-3.8.3-2)
    [InlineData("82 06 0001 0001 61 03", V3, 0x81)] // QoS 3
    [InlineData("82 06 0001 0001 61 04", V3, 0x81)] // reserved bits of 3.1.1
    [InlineData("82 07 0001 00 0001 61 30", V5, 0x81)] // retain handling 3
    [InlineData("82 07 0001 00 0001 61 40", V5, 0x81)] // reserved bits
    [InlineData("82 06 0001 0000 00 00", V3, 0x81)] // empty filter
    [InlineData("82 07 0001 0002 6123 00", V3, 0x81)] // a#
    [InlineData("82 08 0001 0003 232F61 00", V3, 0x81)] // #/a
    [InlineData("82 07 0001 0002 612B 00", V3, 0x81)] // a+
    [InlineData("82 05 0001 0001 61", V3, 0x81)] // no options
    [InlineData("82 10 0001 00 000A 2473686172652F672F61 04", V5, 0x82)] // no local on a shared one
    [InlineData("82 0F 0001 00 0009 2473686172652F672F 00", V5, 0x81)] // shared without a filter
    [InlineData("A2 02 0001", V3, 0x82)] // UNSUBSCRIBE of nothing
    public void Subscribe(string hex, MqttVersion version, byte reason) => Refused(hex, version, reason);

    [Theory]
    [InlineData("40 02 0000", V3, 0x82)] // packet identifier 0
    [InlineData("40 03 0001 00", V3, 0x81)] // reason code in 3.1.1
    [InlineData("40 03 0001 92", V5, 0x81)] // a reason code that PUBACK does not have
    [InlineData("62 03 0001 10", V5, 0x81)] // nor PUBREL
    [InlineData("90 03 0001 03", V3, 0x81)] // SUBACK code 3
    [InlineData("90 02 0001", V3, 0x81)] // SUBACK without a code
    [InlineData("B0 03 0001 00", V3, 0x81)] // UNSUBACK with one
    [InlineData("20 02 02 00", V3, 0x81)] // CONNACK flags
    [InlineData("20 02 01 05", V3, 0x82)] // session present though refused (MQTT-3.2.2-4)
    [InlineData("20 02 00 06", V3, 0x81)] // unknown return code
    [InlineData("E0 01 00", V3, 0x81)] // DISCONNECT with a body in 3.1.1
    [InlineData("F0 00", V3, 0x81)] // AUTH in 3.1.1
    [InlineData("E0 01 01", V5, 0x81)] // a reason code that DISCONNECT does not have
    public void Others(string hex, MqttVersion version, byte reason) => Refused(hex, version, reason);

    private static void Refused(string hex, MqttVersion version, byte reason)
    {
        Assert.Equal((ParseStatus.Malformed, (ReasonCode)reason), Parse(Hex(hex), version));
    }
}
