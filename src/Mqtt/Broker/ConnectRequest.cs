using System.Text;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Broker;

/// <summary>What a CONNECT asked for, copied out of the receive buffer.</summary>
internal sealed record ConnectRequest(
    MqttVersion Version, string ClientId, bool CleanStart, ushort KeepAliveSeconds, uint ExpirySeconds,
    int ReceiveMaximum, int MaxPacketBytes, string? UserName, byte[] Password, bool HasAuthMethod, Will? Will)
{
    public static ConnectRequest From(in ConnectView connect)
    {
        bool v5 = connect.Version == MqttVersion.V5;
        uint expiry = v5
            ? PropertyReader.Find(connect.Properties, PropertyId.SessionExpiryInterval, 0)
            : connect.CleanStart ? 0 : uint.MaxValue;
        uint maxPacket = PropertyReader.Find(connect.Properties, PropertyId.MaximumPacketSize, int.MaxValue);
        return new ConnectRequest(
            connect.Version, Encoding.UTF8.GetString(connect.ClientId), connect.CleanStart,
            connect.KeepAliveSeconds, expiry,
            (int)PropertyReader.Find(connect.Properties, PropertyId.ReceiveMaximum, ushort.MaxValue),
            (int)Math.Min(maxPacket, int.MaxValue),
            connect.HasUserName ? Encoding.UTF8.GetString(connect.UserName) : null, connect.Password.ToArray(),
            PropertyReader.OffsetOf(connect.Properties, PropertyId.AuthenticationMethod) >= 0, WillOf(connect));
    }

    private static Will? WillOf(in ConnectView connect)
    {
        if (!connect.HasWill)
        {
            return null;
        }

        uint delay = PropertyReader.Find(connect.WillProperties, PropertyId.WillDelayInterval, 0);
        ReadOnlySpan<byte> properties = new PropertyScratch().Without(
            connect.WillProperties, PropertyId.WillDelayInterval);
        return new Will(
            connect.WillTopic.ToArray(), connect.WillPayload.ToArray(), properties.ToArray(), connect.WillQos,
            connect.WillRetain, delay);
    }
}
