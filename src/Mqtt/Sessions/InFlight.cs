using System.Buffers;
using System.Buffers.Binary;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>Where a QoS 1 or 2 message stands on its way out.</summary>
internal enum FlightState : byte
{
    Free,

    /// <summary>Not sent on this connection yet.</summary>
    Waiting,

    /// <summary>PUBLISH sent; PUBACK or PUBREC must come.</summary>
    Sent,

    /// <summary>PUBREC came; PUBREL is still to be sent on this connection.</summary>
    ReleaseWaiting,

    /// <summary>PUBREL sent; PUBCOMP must come.</summary>
    Released,
}

/// <summary>One outgoing QoS 1 or 2 message with its encoded PUBLISH.</summary>
internal struct Flight
{
    public byte[]? Packet;
    public int Length;
    public int Next;
    public int Previous;
    public FlightState State;
    public Qos Qos;

    /// <summary>Sent before, on this connection or an earlier one: a repetition carries DUP.</summary>
    public bool WasSent;

    /// <summary>Milliseconds of <see cref="Environment.TickCount64"/>; 0 for no expiry.</summary>
    public long ExpiresAtMs;

    /// <summary>Told about the acknowledgement; null when nobody waits.</summary>
    public TaskCompletionSource<ReasonCode>? Waiter;
}

/// <summary>
/// Outgoing QoS 1 and 2 messages in the order they were given, until acknowledged: bounded in number and bytes. The
/// packet identifier is the slot's number plus one. Not thread-safe.
/// </summary>
/// <param name="limit">Most messages.</param>
/// <param name="limitBytes">Most bytes.</param>
/// <param name="store">What room beyond the client's own is taken from; null where the limits are all there is.</param>
internal sealed class InFlight(int limit, int limitBytes, QueueStore? store = null)
{
    public const int None = -1;

    private QueueStore.Share _share = new(store);
    private Flight[] _slots = [];
    private int _free = None;
    private int _used;
    private int _bytes;

    public int Count { get; private set; }

    /// <summary>The oldest message, or <see cref="None"/>.</summary>
    public int First { get; private set; } = None;

    private int Last { get; set; } = None;

    public ref Flight this[int slot] => ref _slots[slot];

    public static ushort IdOf(int slot) => (ushort)(slot + 1);

    /// <summary>The slot that carries this packet identifier, or <see cref="None"/>.</summary>
    public int SlotOf(ushort id) =>
        id > 0 && id <= _used && _slots[id - 1].State != FlightState.Free ? id - 1 : None;

    /// <summary>Encodes and keeps a message; false when the number or the bytes are exhausted.</summary>
    public bool TryAdd(
        in PublishView message, MqttVersion version, long expiresAtMs, TaskCompletionSource<ReasonCode>? waiter,
        out int slot)
    {
        int length = PacketWriter.PublishLength(message, version);
        slot = None;
        if (Count >= limit || length > limitBytes - _bytes || !_share.TryCover(_bytes + length))
        {
            return false;
        }

        slot = TakeSlot();
        byte[] packet = ArrayPool<byte>.Shared.Rent(length);
        var numbered = new PublishView(
            message.Topic, message.Payload, message.Qos, message.Retain, false, IdOf(slot), message.Properties);
        PacketWriter.WritePublish(packet, numbered, version);
        _slots[slot] = new Flight
        {
            Packet = packet, Length = length, State = FlightState.Waiting, Qos = message.Qos, Waiter = waiter,
            ExpiresAtMs = expiresAtMs, Next = None, Previous = Last,
        };
        Link(slot);
        _bytes += length;
        Count++;
        return true;
    }

    /// <summary>Gives the message's bytes back, as soon as only its identifier is still needed.</summary>
    public void ForgetPacket(int slot)
    {
        ref Flight flight = ref _slots[slot];
        if (flight.Packet is not null)
        {
            ArrayPool<byte>.Shared.Return(flight.Packet);
            _bytes -= flight.Length;
            _share.Keep(_bytes);
            flight.Packet = null;
            flight.Length = 0;
        }
    }

    /// <summary>Ends a message; its waiter, if any, is the caller's to complete outside of locks.</summary>
    public TaskCompletionSource<ReasonCode>? Remove(int slot)
    {
        ForgetPacket(slot);
        Flight flight = _slots[slot];
        if (flight.Previous == None)
        {
            First = flight.Next;
        }
        else
        {
            _slots[flight.Previous].Next = flight.Next;
        }

        if (flight.Next == None)
        {
            Last = flight.Previous;
        }
        else
        {
            _slots[flight.Next].Previous = flight.Previous;
        }

        _slots[slot] = new Flight { Next = _free };
        _free = slot;
        Count--;
        return flight.Waiter;
    }

    private int TakeSlot()
    {
        if (_free != None)
        {
            int slot = _free;
            _free = _slots[slot].Next;
            return slot;
        }

        if (_used == _slots.Length)
        {
            Array.Resize(ref _slots, Math.Min(limit, Math.Max(8, 2 * _used)));
        }

        return _used++;
    }

    private void Link(int slot)
    {
        if (Last == None)
        {
            First = slot;
        }
        else
        {
            _slots[Last].Next = slot;
        }

        Last = slot;
    }

    /// <summary>Sets what is left of the expiry in an encoded PUBLISH (MQTT-3.3.2-6).</summary>
    internal static void PatchExpiry(Span<byte> packet, uint seconds)
    {
        FixedHeader.TryRead(packet, int.MaxValue, out FixedHeader header, out _);
        int at = header.HeaderLength;
        at += 4 + BinaryPrimitives.ReadUInt16BigEndian(packet[at..]); // topic and packet identifier
        VarInt.TryRead(packet[at..], out uint length, out int lengthBytes);
        Span<byte> properties = packet.Slice(at + lengthBytes, (int)length);
        int offset = PropertyReader.OffsetOf(properties, PropertyId.MessageExpiryInterval);
        if (offset >= 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(properties[(offset + 1)..], seconds);
        }
    }
}
