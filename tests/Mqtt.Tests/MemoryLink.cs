using System.Buffers;
using System.IO.Pipelines;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Tests;

/// <summary>A connection without a socket: what one end writes the other reads.</summary>
internal sealed class MemoryLink : IDuplexPipe
{
    private static readonly PipeOptions Options = new(useSynchronizationContext: false);
    private readonly Pipe _up = new(Options);
    private readonly Pipe _down = new(Options);

    public PipeReader Input => _up.Reader;

    public PipeWriter Output => _down.Writer;

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await _up.Writer.WriteAsync(bytes);

    public void CloseClient() => _up.Writer.Complete();

    /// <summary>Called when the broker has finished with its ends.</summary>
    public void CloseBroker()
    {
        _up.Reader.Complete();
        _down.Writer.Complete();
    }

    /// <summary>Reads packets until this one came (true), or the broker has closed (false).</summary>
    public async Task<bool> ReadUntilAsync(byte[] packet)
    {
        while (true)
        {
            ReadResult result = await _down.Reader.ReadAsync();
            (long used, bool found) = Find(result.Buffer.ToArray(), packet);
            _down.Reader.AdvanceTo(result.Buffer.GetPosition(used), found ? result.Buffer.GetPosition(used) : result.Buffer.End);
            if (found || result.IsCompleted)
            {
                return found;
            }
        }
    }

    private static (int Used, bool Found) Find(ReadOnlySpan<byte> bytes, byte[] packet)
    {
        int at = 0;
        while (FixedHeader.TryRead(bytes[at..], int.MaxValue, out FixedHeader header, out _) == ParseStatus.Complete
            && header.PacketLength <= bytes.Length - at)
        {
            at += header.PacketLength;
            if (bytes[(at - header.PacketLength)..at].SequenceEqual(packet))
            {
                return (at, true);
            }
        }

        return (at, false);
    }
}
