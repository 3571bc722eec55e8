using System.Text;
using CityBrain.Mqtt.Codec;
using FsCheck;
using FsCheck.Fluent;
using static CityBrain.Mqtt.Tests.Codec.Packets;

namespace CityBrain.Mqtt.Tests.Codec;

/// <summary>What is encoded comes back as it was, and no beginning of a packet passes for the whole.</summary>
public class RoundTripProperties
{
    private static readonly Gen<MqttVersion> Versions = Gen.Elements(MqttVersion.V311, MqttVersion.V5);

    private static readonly Gen<string> Text = Gen.Elements("a", "é", "街", "0", " ", "😀", "/", "$", "city", "\u0001")
        .ArrayOf().Select(string.Concat);

    private static readonly Gen<string> Topics = Text.Where(t => t.Length > 0);

    private static readonly Gen<byte[]> Payloads = Gen.Choose(0, 255).Select(i => (byte)i).ArrayOf();

    private static readonly Gen<ushort> Ids = Gen.Choose(1, 65_535).Select(i => (ushort)i);

    private static readonly Gen<byte[]> PublishProperties =
        from format in Gen.Elements(-1, 0, 1)
        from expiry in Gen.Choose(-1, 1_000_000)
        from content in Text
        from pairs in Text.Two().ArrayOf()
        select Build(format, expiry, content, pairs);

    [Fact]
    public void Publish_comes_back()
    {
        var gen = from version in Versions
                  from topic in Topics
                  from payload in Payloads
                  from qos in Gen.Choose(0, 2)
                  from retain in Gen.Elements(false, true)
                  from dup in Gen.Elements(false, true)
                  from id in Ids
                  from properties in PublishProperties
                  select (version, topic, payload, qos: (Qos)qos, retain, dup: dup && qos > 0, id, properties);
        Prop.ForAll(gen.ToArbitrary(), x =>
        {
            byte[] properties = x.version == MqttVersion.V5 ? x.properties : [];
            ushort id = x.qos == Qos.AtMostOnce ? (ushort)0 : x.id;
            var view = new PublishView(Utf8(x.topic), x.payload, x.qos, x.retain, x.dup, id, properties);
            var packet = new byte[PacketWriter.PublishLength(view, x.version)];
            Assert.Equal(packet.Length, PacketWriter.WritePublish(packet, view, x.version));
            Assert.Equal(ParseStatus.Complete, FixedHeader.TryRead(packet, int.MaxValue, out FixedHeader header, out _));
            Assert.True(header.IsMinimal);
            ReadOnlySpan<byte> body = packet.AsSpan(header.HeaderLength, header.BodyLength);
            Assert.Equal(ReasonCode.Success, PublishView.TryParse(header.Flags, body, x.version, out PublishView back));
            Assert.Equal(x.topic, Encoding.UTF8.GetString(back.Topic));
            Assert.True(back.Payload.SequenceEqual(x.payload) && back.Properties.SequenceEqual(properties));
            Assert.Equal((x.qos, x.retain, x.dup, id), (back.Qos, back.Retain, back.Dup, back.PacketId));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void Connect_comes_back()
    {
        var gen = from version in Versions
                  from id in Text
                  from user in Text
                  from password in Payloads
                  from will in Topics
                  from bits in Gen.Choose(0, 31)
                  from qos in Gen.Choose(0, 2)
                  from keepAlive in Gen.Choose(0, 65_535)
                  select (version, id, user, password, will, bits, qos, keepAlive: (ushort)keepAlive);
        Prop.ForAll(gen.ToArbitrary(), x =>
        {
            bool hasUser = (x.bits & 1) != 0;
            bool hasWill = (x.bits & 4) != 0;
            var view = new ConnectView
            {
                Version = x.version, ClientId = Utf8(x.id), CleanStart = (x.bits & 16) != 0,
                KeepAliveSeconds = x.keepAlive, HasUserName = hasUser, UserName = hasUser ? Utf8(x.user) : [],
                HasPassword = hasUser && (x.bits & 2) != 0, Password = hasUser && (x.bits & 2) != 0 ? x.password : [],
                HasWill = hasWill, WillQos = hasWill ? (Qos)x.qos : 0, WillRetain = hasWill && (x.bits & 8) != 0,
                WillTopic = hasWill ? Utf8(x.will) : [], WillPayload = hasWill ? x.password : [],
                Properties = x.version == MqttVersion.V5 ? [0x21, 0, 9] : [],
            };
            var packet = new byte[PacketWriter.ConnectLength(view)];
            PacketWriter.WriteConnect(packet, view);
            FixedHeader.TryRead(packet, int.MaxValue, out FixedHeader header, out _);
            ReadOnlySpan<byte> body = packet.AsSpan(header.HeaderLength);
            Assert.Equal(ReasonCode.Success, ConnectView.TryParse(body, out MqttVersion version, out ConnectView back));
            Assert.Equal(x.version, version);
            var again = new byte[PacketWriter.ConnectLength(back)];
            PacketWriter.WriteConnect(again, back);
            Assert.Equal(packet, again);
            Assert.Equal(x.id, Encoding.UTF8.GetString(back.ClientId));
            Assert.Equal((hasUser, hasWill), (back.HasUserName, back.HasWill));
        }).QuickCheckThrowOnFailure();
    }

    [Fact]
    public void A_packet_cut_anywhere_is_incomplete_and_never_malformed()
    {
        foreach (MqttVersion version in (MqttVersion[])[MqttVersion.V311, MqttVersion.V5])
        {
            foreach (byte[] packet in Samples.Valid(version))
            {
                for (int length = 0; length < packet.Length; length++)
                {
                    Assert.Equal(ParseStatus.Incomplete, Parse(packet.AsSpan(0, length), version).Status);
                }

                Assert.Equal((ParseStatus.Complete, ReasonCode.Success), Parse(packet, version));
            }
        }
    }

    [Fact]
    public void A_body_cut_anywhere_is_never_accepted_as_another_connect_or_subscribe()
    {
        byte[] connect = Connect("id", MqttVersion.V5, user: "u", password: "p", willTopic: "w");
        for (int length = 2; length < connect.Length; length++)
        {
            Assert.NotEqual(ReasonCode.Success, ConnectView.TryParse(connect.AsSpan(2, length - 2), out _, out _));
        }

        byte[] subscribe = Subscribe(1, "a/+/b", new(Qos.AtLeastOnce), MqttVersion.V5);
        for (int length = 2; length < subscribe.Length; length++)
        {
            ReadOnlySpan<byte> body = subscribe.AsSpan(2, length - 2);
            Assert.NotEqual(ReasonCode.Success, SubscribeView.TryParse(PacketType.Subscribe, body, MqttVersion.V5, out _));
        }
    }

    [Fact]
    public void Properties_come_back()
    {
        Prop.ForAll(PublishProperties.ToArbitrary(), properties =>
        {
            Assert.Equal(ReasonCode.Success, PropertySet.Validate(properties, PropertySet.Publish));
            var copy = new PropertyWriter(new byte[properties.Length]);
            var reader = new PropertyReader(properties);
            while (reader.MoveNext())
            {
                switch (PropertyReader.KindOf(reader.Id))
                {
                    case PropertyKind.TextPair:
                        copy.AddUserProperty(reader.Bytes, reader.PairValue);
                        break;
                    case PropertyKind.Text:
                        copy.Add(reader.Id, reader.Bytes);
                        break;
                    default:
                        copy.Add(reader.Id, reader.Number);
                        break;
                }
            }

            Assert.True(copy.Written.SequenceEqual(properties));
        }).QuickCheckThrowOnFailure();
    }

    private static byte[] Build(int format, int expiry, string content, (string, string)[] pairs)
    {
        var writer = new PropertyWriter(new byte[100_000]);
        if (format >= 0)
        {
            writer.Add(PropertyId.PayloadFormatIndicator, (uint)format);
        }

        if (expiry >= 0)
        {
            writer.Add(PropertyId.MessageExpiryInterval, (uint)expiry);
        }

        writer.Add(PropertyId.ContentType, Utf8(content));
        foreach ((string name, string value) in pairs)
        {
            writer.AddUserProperty(Utf8(name), Utf8(value));
        }

        return writer.Written.ToArray();
    }
}
