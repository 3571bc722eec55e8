using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>
/// The way between a client and what stands behind it: a modem, a radio, a gateway. Messages may be lost, doubled,
/// delayed past each other and changed there, which MQTT knows nothing of.
/// </summary>
internal sealed class StormHop(StormWorld world, ulong stream)
{
    private SeededRandom _random = SeededRandom.For(world.Script.Seed, stream);

    /// <summary>In a thousand messages.</summary>
    public int Loss { get; set; }
    public int Duplicate { get; set; }
    public int Corrupt { get; set; }
    /// <summary>Most delay of a message, milliseconds.</summary>
    public int ReorderMs { get; set; }

    /// <summary>Sends a message on its way; the action gets what arrives, as often as it does.</summary>
    public void Pass(byte[] payload, Action<byte[]> arrive)
    {
        int copies = Hits(Duplicate) ? 2 : 1;
        for (int i = 0; i < copies; i++)
        {
            if (Hits(Loss)) continue;
            byte[] bytes = payload;
            if (payload.Length > 0 && Hits(Corrupt))
            {
                bytes = (byte[])payload.Clone();
                bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
            }
            if (ReorderMs == 0 && i == 0) arrive(bytes);
            else world.After(1 + _random.Next(ReorderMs + 20), () => arrive(bytes));
        }
    }

    private bool Hits(int inThousand) => inThousand > 0 && _random.Next(1000) < inThousand;
}
