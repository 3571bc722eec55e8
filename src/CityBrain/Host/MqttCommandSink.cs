using System.Text;
using CityBrain.Brain;
using CityBrain.Controllers;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;

namespace CityBrain.Host;

/// <summary>
/// Publishes a tick's commands, each on its intersection's topic, and in lockstep a tock after them; hears what became
/// of them. Allocates nothing; what the client's bounded queue cannot take is dropped there and counted: the next
/// keep-alive repeats it.
/// </summary>
internal sealed class MqttCommandSink : ICommandSink
{
    private readonly MqttClient _client;
    private readonly CommandPublisher _publisher;
    private readonly byte[][] _tocks;
    private readonly byte[] _tock = new byte[128];
    private long _tocksDropped;

    public MqttCommandSink(City city, MqttClient client, IReadOnlyList<string> tockDistricts)
    {
        _client = client;
        _publisher = new CommandPublisher(city, i => new FeedTopics(city.Districts[i.District].Id).Command(i.Id),
            CommandFeed.Write, (topic, payload) => client.TryPublish(topic, payload));
        _tocks = [.. tockDistricts.Select(d => Encoding.ASCII.GetBytes(new FeedTopics(d).Tock))];
    }

    public long Published => _publisher.Published;
    public long Dropped => _publisher.Dropped + Volatile.Read(ref _tocksDropped);
    /// <summary>What became of the commands; written on the brain's thread.</summary>
    public CommandLedger Ledger => _publisher.Ledger;

    public void Publish(DistrictBrain brain, CommandBuffer commands, long tickMs)
    {
        _publisher.Publish(commands);
        Ledger.Tick(tickMs);
        foreach (byte[] topic in _tocks)
        {
            int length = ClockFeed.WriteTock(_tock, tickMs, commands.Count);
            if (!_client.TryPublish(topic, _tock.AsSpan(0, length))) Volatile.Write(ref _tocksDropped, _tocksDropped + 1);
        }
    }

    public void Hear(in CityEvent state) => Ledger.Reported(new ControllerReport(state.TimeMs, state.Index,
        (ControllerMode)state.Code, (int)state.A, state.Sequence, (Refusal)(byte)state.B));
}
