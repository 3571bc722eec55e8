using System.Buffers;
using System.Runtime.CompilerServices;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>
/// Cuts received bytes into packets and hands them on: parses what is complete, leaves what is partial, never throws
/// on bytes and allocates nothing for a message.
/// </summary>
internal abstract class PacketReceiver(int maxPacketBytes, LinkTally tally)
{
    private byte[] _scratch = [];

    /// <summary>Known once CONNECT was seen or sent.</summary>
    protected MqttVersion Version { get; set; }

    /// <summary>Why the connection has to be closed; Success while it has not.</summary>
    public ReasonCode Failure { get; private set; }

    /// <summary>True when no further packet is to be handled, for whatever reason.</summary>
    protected bool Stopped { get; set; }

    protected int MaxPacketBytes => maxPacketBytes;

    /// <summary>A validated PUBLISH.</summary>
    protected abstract ReasonCode OnPublish(in PublishView message);

    /// <summary>Any other packet, its body not yet parsed.</summary>
    protected abstract ReasonCode OnPacket(in FixedHeader header, ReadOnlySpan<byte> body);

    /// <summary>Handles every complete packet in <paramref name="bytes"/>. Returns how many bytes those took.</summary>
    public int Receive(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        int packets = 0;
        while (!Stopped)
        {
            ParseStatus status = FixedHeader.TryRead(bytes[at..], maxPacketBytes, out FixedHeader header, out ReasonCode reason);
            if (status == ParseStatus.Incomplete
                || (status == ParseStatus.Complete && header.PacketLength > bytes.Length - at))
            {
                break;
            }

            packets++;
            if (status == ParseStatus.Complete)
            {
                reason = Handle(header, bytes.Slice(at + header.HeaderLength, header.BodyLength));
                at += header.PacketLength;
            }

            if (reason != ReasonCode.Success)
            {
                Fail(reason);
            }
        }

        LinkTally.Add(ref tally.PacketsReceived, packets);
        return at;
    }

    /// <summary>
    /// The same for a pipe's buffer. A packet that lies across two segments is copied to a scratch buffer, which is
    /// reused; all others are read where they lie.
    /// </summary>
    public SequencePosition Receive(ReadOnlySequence<byte> buffer)
    {
        Span<byte> start = stackalloc byte[FixedHeader.MaxLength];
        while (!Stopped && !buffer.IsEmpty)
        {
            int used = Receive(buffer.FirstSpan);
            buffer = buffer.Slice(used);
            if (Stopped || used > 0)
            {
                continue;
            }

            ReadOnlySpan<byte> head = CopyTo(buffer, start);
            ParseStatus status = FixedHeader.TryRead(head, maxPacketBytes, out FixedHeader header, out _);
            if (status == ParseStatus.Incomplete
                || (status == ParseStatus.Complete && header.PacketLength > buffer.Length))
            {
                break;
            }

            // Whole but not in one piece, or malformed: hand on as much as settles it.
            int length = status == ParseStatus.Complete ? header.PacketLength : head.Length;
            used = Receive(CopyTo(buffer, Scratch(length)));
            buffer = buffer.Slice(used);
        }

        return buffer.Start;
    }

    /// <summary>Marks the connection as to be closed for a packet that broke the rules, and counts it.</summary>
    protected void Fail(ReasonCode reason)
    {
        Failure = reason;
        Stopped = true;
        tally.CountBadPacket(reason);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReasonCode Handle(in FixedHeader header, ReadOnlySpan<byte> body)
    {
        if (Version == MqttVersion.V5 && !header.IsMinimal)
        {
            return ReasonCode.MalformedPacket;
        }

        if (header.Type != PacketType.Publish || Version == 0)
        {
            return OnPacket(header, body);
        }

        ReasonCode reason = PublishView.TryParse(header.Flags, body, Version, out PublishView message);
        return reason == ReasonCode.Success ? OnPublish(message) : reason;
    }

    private static ReadOnlySpan<byte> CopyTo(ReadOnlySequence<byte> buffer, Span<byte> destination)
    {
        int length = (int)Math.Min(buffer.Length, destination.Length);
        buffer.Slice(0, length).CopyTo(destination);
        return destination[..length];
    }

    private Span<byte> Scratch(int length)
    {
        if (_scratch.Length < length)
        {
            _scratch = new byte[Math.Min(maxPacketBytes, (int)Math.Max(256, System.Numerics.BitOperations.RoundUpToPowerOf2((uint)length)))];
        }

        return _scratch.AsSpan(0, length);
    }
}
