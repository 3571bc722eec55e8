using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;

namespace CityBrain.Mqtt.Client;

/// <summary>
/// What a client wants to be subscribed to, whatever happens to its connections: filters are asked for again after
/// each reconnect that found no session, and whoever waits for a SUBACK waits across reconnects.
/// </summary>
internal sealed class SubscriptionBook(Outbox outbox)
{
    /// <summary>Identifiers below this one belong to QoS 1 and 2 messages.</summary>
    public const int FirstId = 32_768;

    private readonly Lock _gate = new();
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<ushort, Entry[]> _pending = [];
    private int _nextId = FirstId;
    private bool _online;

    private sealed class Entry(FilterText text, bool leaving)
    {
        public FilterText Text { get; } = text;

        /// <summary>To be unsubscribed instead of subscribed.</summary>
        public bool Leaving { get; } = leaving;

        public bool Confirmed { get; set; }

        public TaskCompletionSource<ReasonCode> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Subscribes now or at the next connection.</summary>
    public Task<ReasonCode> Add(FilterText filter) => Enter(new Entry(filter, leaving: false));

    /// <summary>Unsubscribes now or at the next connection.</summary>
    public Task<ReasonCode> Remove(FilterText filter) => Enter(new Entry(filter, leaving: true));

    /// <summary>A CONNACK came. Without a session at the broker everything is asked for again.</summary>
    public void OnConnected(bool sessionPresent)
    {
        lock (_gate)
        {
            _online = true;
            _pending.Clear();
            if (!sessionPresent)
            {
                foreach (Entry gone in _entries.Where(entry => entry.Leaving))
                {
                    gone.Done.TrySetResult(ReasonCode.Success);
                }

                _entries.RemoveAll(entry => entry.Leaving);
                _entries.ForEach(entry => entry.Confirmed = false);
            }

            Send([.. _entries.Where(entry => !entry.Confirmed && !entry.Leaving)], PacketType.Subscribe);
            Send([.. _entries.Where(entry => entry.Leaving)], PacketType.Unsubscribe);
        }
    }

    public void OnLost()
    {
        lock (_gate)
        {
            _online = false;
        }
    }

    /// <summary>A SUBACK or UNSUBACK came. False when nobody asked for it.</summary>
    public bool OnAck(in SubAckView ack)
    {
        lock (_gate)
        {
            if (!_pending.Remove(ack.PacketId, out Entry[]? asked)
                || (!ack.Codes.IsEmpty && ack.Codes.Length != asked.Length))
            {
                return false;
            }

            for (int i = 0; i < asked.Length; i++)
            {
                ReasonCode code = ack.Codes.IsEmpty ? ReasonCode.Success : (ReasonCode)ack.Codes[i];
                asked[i].Confirmed = true;
                if (asked[i].Leaving || code.IsError())
                {
                    _entries.Remove(asked[i]);
                }

                asked[i].Done.TrySetResult(code);
            }

            return true;
        }
    }

    /// <summary>The client ends: nobody needs to wait any longer.</summary>
    public void Abandon()
    {
        lock (_gate)
        {
            _online = false;
            _entries.ForEach(entry => entry.Done.TrySetResult(ReasonCode.ServerUnavailable));
            foreach (Entry[] asked in _pending.Values)
            {
                Array.ForEach(asked, entry => entry.Done.TrySetResult(ReasonCode.ServerUnavailable));
            }

            _pending.Clear();
        }
    }

    private Task<ReasonCode> Enter(Entry entry)
    {
        lock (_gate)
        {
            _entries.RemoveAll(old => old.Text.Utf8.AsSpan().SequenceEqual(entry.Text.Utf8) && old.Confirmed);
            _entries.Add(entry);
            if (_online)
            {
                Send([entry], entry.Leaving ? PacketType.Unsubscribe : PacketType.Subscribe);
            }
        }

        return entry.Done.Task;
    }

    /// <summary>Sends the entries in packets of at most a hundred filters.</summary>
    private void Send(Entry[] entries, PacketType type)
    {
        foreach (Entry[] chunk in entries.Chunk(100))
        {
            FilterText[] filters = Array.ConvertAll(chunk, entry => entry.Text);
            var packet = new byte[PacketWriter.SubscribeLength(type, [], filters, outbox.Version)];
            ushort id = NextId();
            PacketWriter.WriteSubscribe(packet, type, id, [], filters, outbox.Version);
            _pending[id] = chunk;
            outbox.Send(packet);
        }
    }

    private ushort NextId()
    {
        do
        {
            _nextId = _nextId == ushort.MaxValue ? FirstId : _nextId + 1;
        }
        while (_pending.ContainsKey((ushort)_nextId));
        return (ushort)_nextId;
    }
}
