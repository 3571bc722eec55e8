using System.IO.Pipelines;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// A connection that never leaves the process: two pipes, of which the broker has one end and the client, as a stream,
/// the other. What either side may have on the way is bounded by the pipes.
/// </summary>
internal sealed class InnerLink : IDuplexPipe
{
    private static readonly PipeOptions Sizes = new(
        pauseWriterThreshold: 1 << 20, resumeWriterThreshold: 1 << 19, minimumSegmentSize: 16 << 10,
        useSynchronizationContext: false);

    private readonly Pipe _up = new(Sizes);
    private readonly Pipe _down = new(Sizes);

    public InnerLink() => Client = new ClientStream(_down.Reader, _up.Writer);

    public PipeReader Input => _up.Reader;

    public PipeWriter Output => _down.Writer;

    public Stream Client { get; }

    /// <summary>The broker has finished: the client reads what is left, then the end.</summary>
    public void CloseBroker()
    {
        _up.Reader.Complete();
        _down.Writer.Complete();
    }

    private sealed class ClientStream(PipeReader reader, PipeWriter writer) : Stream
    {
        private volatile bool _closed;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ReadResult result = await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (_closed)
            {
                return 0;
            }

            int length = (int)Math.Min(buffer.Length, result.Buffer.Length);
            System.Buffers.ReadOnlySequence<byte> read = result.Buffer.Slice(0, length);
            System.Buffers.BuffersExtensions.CopyTo(read, buffer.Span);
            reader.AdvanceTo(read.End);
            return length;
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_closed)
            {
                throw new IOException("The connection is closed.");
            }

            FlushResult result = await writer.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (result.IsCompleted)
            {
                throw new IOException("The broker has closed the connection.");
            }
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing && !_closed)
            {
                _closed = true;
                writer.CancelPendingFlush();
                writer.Complete();
                reader.CancelPendingRead();
            }

            base.Dispose(disposing);
        }
    }
}
