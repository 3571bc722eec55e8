using System.Buffers;
using System.IO.Pipelines;

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

    /// <summary>Reads until the bytes received end with these (true), or the broker has closed (false).</summary>
    public async Task<bool> ReadUntilAsync(ReadOnlyMemory<byte> ending)
    {
        while (true)
        {
            ReadResult result = await _down.Reader.ReadAsync();
            ReadOnlySequence<byte> buffer = result.Buffer;
            bool found = buffer.Length >= ending.Length
                && buffer.Slice(buffer.Length - ending.Length).ToArray().AsSpan().SequenceEqual(ending.Span);
            _down.Reader.AdvanceTo(found || result.IsCompleted ? buffer.End : buffer.Start, buffer.End);
            if (found || result.IsCompleted)
            {
                return found;
            }
        }
    }
}
