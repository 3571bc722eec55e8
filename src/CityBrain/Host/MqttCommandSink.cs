using System.Text;
using CityBrain.Brain;
using CityBrain.Controllers;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>
/// Publishes a tick's commands, each on its intersection's topic, tells neighbouring districts what is
/// planned, and in lockstep sends a tock after that; hears what became of the commands; sends receipts.
/// Allocates nothing; what the client's bounded queue cannot take is dropped there and counted: the next
/// keep-alive repeats a command, its sender an event without a receipt.
/// </summary>
internal sealed class MqttCommandSink : ICommandSink
{
    private readonly MessageSender _send;
    private readonly CommandPublisher _publisher;
    private readonly byte[][] _tocks, _receipts;
    private readonly OutflowFeed _outflows;
    private readonly byte[] _payload = new byte[128];
    private long _tocksDropped, _receiptsSent, _receiptsDropped, _outflowsTold, _outflowsDropped;

    public MqttCommandSink(City city, MessageSender send, IReadOnlyList<string> tockDistricts,
        CommandKeys? keys = null)
    {
        _send = send;
        Signs = keys is not null;
        FeedTopics[] topics = [.. city.Districts.Select(d => new FeedTopics(d.Id))];
        _publisher = new CommandPublisher(city, i => topics[i.District].Command(i.Id), CommandFeed.Write, send, keys);
        _outflows = new OutflowFeed(city);
        _receipts = [.. city.Detectors.Select(d =>
            Encoding.ASCII.GetBytes(topics[city.Intersections[d.Intersection].District].Receipt(d.Id)))];
        _tocks = [.. tockDistricts.Select(d => Encoding.ASCII.GetBytes(new FeedTopics(d).Tock))];
    }

    public long Published => _publisher.Published;
    public long Dropped => _publisher.Dropped + Volatile.Read(ref _tocksDropped);
    /// <summary>True when commands are signed.</summary>
    public bool Signs { get; }
    public long ReceiptsSent => Volatile.Read(ref _receiptsSent);
    public long ReceiptsDropped => Volatile.Read(ref _receiptsDropped);
    /// <summary>Plans told to neighbouring districts, and those that the link could not take.</summary>
    public long OutflowsTold => Volatile.Read(ref _outflowsTold);
    public long OutflowsDropped => Volatile.Read(ref _outflowsDropped);
    /// <summary>What became of the commands; written on the brain's thread.</summary>
    public CommandLedger Ledger => _publisher.Ledger;

    public void Publish(DistrictBrain brain, CommandBuffer commands, long tickMs)
    {
        _publisher.Publish(commands);
        Ledger.Tick(tickMs);
        Tell(brain.Outflows);
        foreach (byte[] topic in _tocks)
        {
            int length = ClockFeed.WriteTock(_payload, tickMs, commands.Count);
            if (!_send(topic, _payload.AsSpan(0, length))) Volatile.Write(ref _tocksDropped, _tocksDropped + 1);
        }
    }

    private void Tell(EventBatch outflows)
    {
        for (int k = 0; k < outflows.Count; k++)
        {
            ReadOnlySpan<byte> payload = _outflows.Write(outflows[k], outflows.Extra(k));
            bool sent = _send(_outflows.Topic(outflows[k].Index), payload);
            ref long count = ref sent ? ref _outflowsTold : ref _outflowsDropped;
            Volatile.Write(ref count, count + 1);
        }
    }

    public void Hear(in CityEvent state) => Ledger.Reported(new ControllerReport(state.TimeMs, state.Index,
        (ControllerMode)state.Code, (int)state.A, state.Sequence, (Refusal)(byte)state.B));

    public void Acknowledge(in CityEvent e)
    {
        int length = ReceiptFeed.Write(_payload, e.TimeMs, e.Sequence);
        if (_send(_receipts[e.Index], _payload.AsSpan(0, length))) Volatile.Write(ref _receiptsSent, _receiptsSent + 1);
        else Volatile.Write(ref _receiptsDropped, _receiptsDropped + 1);
    }
}
