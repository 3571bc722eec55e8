using System.Buffers.Binary;
using System.Net.Sockets;

namespace CityBrain.Simulation.Sumo;

/// <summary>A TraCI connection: one request out, one answer back. Numbers: TraCI 20 and later, SUMO 1.x.</summary>
internal sealed class TraciConnection(SumoProcess sumo) : IDisposable
{
    private const int LongestAnswer = 1 << 30;
    private byte[] _answer = new byte[1 << 16];

    /// <summary>Collects the commands of the next message.</summary>
    public TraciRequest Request { get; } = new();

    /// <summary>Sends the request, clears it, and returns the answer, valid until the next call.</summary>
    /// <exception cref="SumoRunException">SUMO has ended, or the connection broke.</exception>
    public TraciReader Exchange()
    {
        try
        {
            SendAll(Request.Finish());
            Request.Clear();
            ReceiveAll(_answer.AsSpan(0, 4));
            int length = BinaryPrimitives.ReadInt32BigEndian(_answer) - 4;
            if (length is < 0 or > LongestAnswer) throw new SumoRunException($"SUMO sent a message of {length} bytes");
            if (length > _answer.Length) _answer = new byte[Math.Max(length, _answer.Length * 2)];
            Span<byte> body = _answer.AsSpan(0, length);
            ReceiveAll(body);
            return new TraciReader(body);
        }
        catch (SocketException e)
        {
            throw sumo.Died(e);
        }
    }

    /// <summary>Sends one command and expects nothing but its success.</summary>
    public void Do(byte command)
    {
        TraciReader answer = Exchange();
        Check(ref answer, command);
    }

    /// <summary>Reads a status that must be good.</summary>
    public static void Check(ref TraciReader answer, byte command)
    {
        if (!answer.Status(command, out string description))
            throw new SumoRunException($"SUMO refused command 0x{command:X2}: {description}");
    }

    public void Dispose() => sumo.Dispose();

    private void SendAll(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0) bytes = bytes[sumo.Socket.Send(bytes)..];
    }

    private void ReceiveAll(Span<byte> into)
    {
        while (into.Length > 0)
        {
            int got = sumo.Socket.Receive(into);
            if (got == 0) throw sumo.Died(null);
            into = into[got..];
        }
    }
}
