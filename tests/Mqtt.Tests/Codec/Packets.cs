using System.Text;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Tests.Codec;

/// <summary>Encodes packets for tests and parses any packet as a receiver would.</summary>
internal static class Packets
{
    public static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);

    public static byte[] Publish(
        string topic, string payload, MqttVersion version, Qos qos = Qos.AtMostOnce, ushort id = 0,
        bool retain = false, bool dup = false, byte[]? properties = null)
    {
        var view = new PublishView(Utf8(topic), Utf8(payload), qos, retain, dup, id, properties);
        var packet = new byte[PacketWriter.PublishLength(view, version)];
        Assert.Equal(packet.Length, PacketWriter.WritePublish(packet, view, version));
        return packet;
    }

    public static byte[] Connect(
        string clientId, MqttVersion version, bool clean = true, ushort keepAlive = 0, byte[]? properties = null,
        string? user = null, string? password = null, string? willTopic = null)
    {
        var view = new ConnectView
        {
            Version = version, ClientId = Utf8(clientId), CleanStart = clean, KeepAliveSeconds = keepAlive,
            Properties = properties, HasUserName = user is not null, UserName = Utf8(user ?? ""),
            HasPassword = password is not null, Password = Utf8(password ?? ""), HasWill = willTopic is not null,
            WillTopic = Utf8(willTopic ?? ""), WillPayload = willTopic is null ? default : "gone"u8,
        };
        var packet = new byte[PacketWriter.ConnectLength(view)];
        Assert.Equal(packet.Length, PacketWriter.WriteConnect(packet, view));
        return packet;
    }

    public static byte[] Subscribe(ushort id, string filter, SubscriptionOptions options, MqttVersion version, byte[]? properties = null)
    {
        FilterText[] filters = [new(Utf8(filter), options)];
        var packet = new byte[PacketWriter.SubscribeLength(PacketType.Subscribe, properties, filters, version)];
        PacketWriter.WriteSubscribe(packet, PacketType.Subscribe, id, properties, filters, version);
        return packet;
    }

    public static byte[] Ack(PacketType type, ushort id, MqttVersion version, ReasonCode reason = ReasonCode.Success)
    {
        var view = new AckView { PacketId = id, Reason = reason };
        var packet = new byte[PacketWriter.AckLength(view, version)];
        PacketWriter.WriteAck(packet, type, view, version);
        return packet;
    }

    public static byte[] Hex(string hex) => Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal));

    /// <summary>Parses one packet with the parser of its type.</summary>
    public static (ParseStatus Status, ReasonCode Reason) Parse(ReadOnlySpan<byte> bytes, MqttVersion version)
    {
        ParseStatus status = FixedHeader.TryRead(bytes, 1 << 20, out FixedHeader header, out ReasonCode reason);
        if (status != ParseStatus.Complete)
        {
            return (status, reason);
        }

        if (header.PacketLength > bytes.Length)
        {
            return (ParseStatus.Incomplete, ReasonCode.Success);
        }

        reason = ParseBody(header, bytes.Slice(header.HeaderLength, header.BodyLength), version);
        return (reason == ReasonCode.Success ? ParseStatus.Complete : ParseStatus.Malformed, reason);
    }

    /// <summary>As <see cref="Parse"/>, the status only.</summary>
    public static ParseStatus Judge(ReadOnlySpan<byte> bytes, MqttVersion version) => Parse(bytes, version).Status;

    private static ReasonCode ParseBody(in FixedHeader header, ReadOnlySpan<byte> body, MqttVersion version)
    {
        switch (header.Type)
        {
            case PacketType.Connect:
                return ConnectView.TryParse(body, out _, out _);
            case PacketType.ConnAck:
                return ConnAckView.TryParse(body, version, out _);
            case PacketType.Publish:
                return PublishView.TryParse(header.Flags, body, version, out _);
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                return AckView.TryParse(header.Type, body, version, out _);
            case PacketType.Subscribe or PacketType.Unsubscribe:
                ReasonCode reason = SubscribeView.TryParse(header.Type, body, version, out SubscribeView view);
                if (reason == ReasonCode.Success)
                {
                    int count = 0;
                    foreach (FilterView filter in view)
                    {
                        count += filter.Filter.IsEmpty ? 0 : 1;
                    }

                    Assert.True(view.Count == count);
                }

                return reason;
            case PacketType.SubAck or PacketType.UnsubAck:
                return SubAckView.TryParse(header.Type, body, version, out _);
            case PacketType.Disconnect or PacketType.Auth:
                return ReasonView.TryParse(header.Type, body, version, out _);
            default:
                return body.IsEmpty ? ReasonCode.Success : ReasonCode.MalformedPacket;
        }
    }
}
