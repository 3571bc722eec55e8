using System.Buffers.Binary;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Mqtt.Sessions;

/// <summary>Control packets, acknowledgements and the flow of QoS 1 and 2 messages (MQTT 5 §4.3, §4.4, §4.9).</summary>
internal sealed partial class Outbox
{
    /// <summary>Queues an encoded packet. False when the peer does not read and the connection has to be closed.</summary>
    public bool Send(ReadOnlySpan<byte> packet)
    {
        bool sent = false;
        lock (_gate)
        {
            if (!_open)
            {
                return true; // there is nobody to send it to, and nothing to hold against the peer
            }

            if (_control.Length < ControlLimitBytes && _control.TryReserve(packet.Length, out Span<byte> room))
            {
                packet.CopyTo(room);
                sent = true;
            }
        }

        _signal.Set();
        return sent;
    }

    /// <summary>Queues a PUBACK, PUBREC, PUBREL or PUBCOMP.</summary>
    public bool SendAck(PacketType type, ushort packetId, ReasonCode reason = ReasonCode.Success)
    {
        Span<byte> packet = stackalloc byte[8];
        var ack = new AckView { PacketId = packetId, Reason = reason };
        return Send(packet[..PacketWriter.WriteAck(packet, type, ack, Version)]);
    }

    /// <summary>A PUBACK, PUBREC or PUBCOMP has come. False when it must close the connection.</summary>
    public bool OnAck(PacketType type, ushort id, ReasonCode reason)
    {
        TaskCompletionSource<ReasonCode>? waiter = null;
        TaskCompletionSource? room = null;
        bool done = false;
        bool answer = false;
        bool known;
        lock (_gate)
        {
            int slot = _flights.SlotOf(id);
            known = slot != InFlight.None && Expects(_flights[slot], type);
            if (known && type == PacketType.PubRec && !reason.IsError())
            {
                _flights.ForgetPacket(slot);
                _flights[slot].State = FlightState.Released;
                answer = true;
            }
            else if (known)
            {
                done = true;
                _cursor = _cursor == slot ? _flights[slot].Next : _cursor;
                waiter = _flights.Remove(slot);
                _quota = Math.Min(_quotaMax, _quota + 1);
                (room, _room) = (_room, null);
            }
        }

        if (done)
        {
            LinkTally.Add(ref tally.MessagesAcknowledged);
            _signal.Set(); // the quota may let the next one go
        }

        waiter?.TrySetResult(reason);
        room?.TrySetResult();
        if (type == PacketType.PubRec && !known && !reason.IsError())
        {
            return SendAck(PacketType.PubRel, id, ReasonCode.PacketIdentifierNotFound);
        }

        return !answer || SendAck(PacketType.PubRel, id);
    }

    /// <summary>
    /// The peer has kept no session: messages of which only the release was missing have arrived, so they are done.
    /// </summary>
    public void ForgetReleased()
    {
        lock (_gate)
        {
            int slot = _flights.First;
            while (slot != InFlight.None)
            {
                int next = _flights[slot].Next;
                if (_flights[slot].State is FlightState.Released or FlightState.ReleaseWaiting)
                {
                    _cursor = _cursor == slot ? next : _cursor;
                    _flights.Remove(slot)?.TrySetResult(ReasonCode.Success);
                    LinkTally.Add(ref tally.MessagesAcknowledged);
                }

                slot = next;
            }
        }
    }

    /// <summary>Gives up all unacknowledged messages and tells their waiters. Returns how many there were.</summary>
    public int Abandon(ReasonCode reason)
    {
        lock (_gate)
        {
            int count = _flights.Count;
            while (_flights.First != InFlight.None)
            {
                _flights.Remove(_flights.First)?.TrySetResult(reason);
            }

            _cursor = InFlight.None;
            return count;
        }
    }

    private static bool Expects(in Flight flight, PacketType type) => type switch
    {
        PacketType.PubAck => flight.Qos == Qos.AtLeastOnce && flight.State == FlightState.Sent,
        PacketType.PubRec => flight.Qos == Qos.ExactlyOnce && flight.State is FlightState.Sent or FlightState.Released,
        _ => flight.Qos == Qos.ExactlyOnce && flight.State == FlightState.Released,
    };

    /// <summary>Moves kept messages to the control queue, in order, as far as quota and size allow.</summary>
    private void Pump()
    {
        while (_cursor != InFlight.None && _control.Length < PumpBytes)
        {
            int slot = _cursor;
            int next = _flights[slot].Next;
            if (_flights[slot].State == FlightState.ReleaseWaiting)
            {
                _control.TryReserve(4, out Span<byte> release);
                PacketWriter.WriteAck(
                    release, PacketType.PubRel, new AckView { PacketId = InFlight.IdOf(slot) }, Version);
                _flights[slot].State = FlightState.Released;
            }
            else if (_flights[slot].State == FlightState.Waiting)
            {
                if (_quota == 0)
                {
                    return;
                }

                PumpMessage(slot);
            }

            _cursor = next;
        }
    }

    private void PumpMessage(int slot)
    {
        ref Flight flight = ref _flights[slot];
        long leftMs = flight.ExpiresAtMs - Environment.TickCount64;
        bool expired = flight.ExpiresAtMs != 0 && leftMs <= 0 && !flight.WasSent;
        if (expired || flight.Length > _maxPacket)
        {
            LinkTally.Add(ref expired ? ref tally.DroppedExpired : ref tally.DroppedOversize);
            _flights.Remove(slot)?.TrySetResult(expired ? ReasonCode.UnspecifiedError : ReasonCode.PacketTooLarge);
            return;
        }

        _control.TryReserve(flight.Length, out Span<byte> room);
        flight.Packet.AsSpan(0, flight.Length).CopyTo(room);
        if (flight.ExpiresAtMs != 0)
        {
            InFlight.PatchExpiry(room, (uint)Math.Max(0, (leftMs + 999) / 1000));
        }

        if (flight.WasSent)
        {
            room[0] |= 0x08; // DUP
            LinkTally.Add(ref tally.MessagesResent);
        }

        flight.WasSent = true;
        flight.State = FlightState.Sent;
        _quota--;
    }
}
