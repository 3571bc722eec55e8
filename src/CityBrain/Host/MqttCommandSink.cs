using System.Text;
using CityBrain.Brain;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;

namespace CityBrain.Host;

/// <summary>
/// Publishes a tick's commands, each on its intersection's topic, and in lockstep a tock after them. Allocates nothing;
/// what the client's bounded queue cannot take is dropped there and counted: the next keep-alive repeats it.
/// </summary>
internal sealed class MqttCommandSink : ICommandSink
{
    private readonly MqttClient _client;
    private readonly byte[][] _topics;
    private readonly byte[][] _ids;
    private readonly byte[][] _tocks;
    private readonly byte[] _payload = new byte[8192];
    private long _published, _dropped;

    public MqttCommandSink(City city, MqttClient client, IReadOnlyList<string> tockDistricts)
    {
        _client = client;
        _topics = [.. city.Intersections.Select(i =>
            Encoding.ASCII.GetBytes(new FeedTopics(city.Districts[i.District].Id).Command(i.Id)))];
        _ids = [.. city.Intersections.Select(i => Encoding.UTF8.GetBytes(i.Id))];
        _tocks = [.. tockDistricts.Select(d => Encoding.ASCII.GetBytes(new FeedTopics(d).Tock))];
    }

    public long Published => Volatile.Read(ref _published);
    public long Dropped => Volatile.Read(ref _dropped);

    public void Publish(DistrictBrain brain, CommandBuffer commands, long tickMs)
    {
        for (int i = 0; i < commands.Count; i++)
        {
            int where = commands[i].Intersection;
            int length = CommandFeed.Write(_payload, commands[i], commands.Aspects(i), _ids[where]);
            Count(length > 0 && _client.TryPublish(_topics[where], _payload.AsSpan(0, length)));
        }
        foreach (byte[] tock in _tocks)
            Count(_client.TryPublish(tock, _payload.AsSpan(0, ClockFeed.WriteTock(_payload, tickMs, commands.Count))));
    }

    private void Count(bool sent)
    {
        if (sent) Volatile.Write(ref _published, _published + 1);
        else Volatile.Write(ref _dropped, _dropped + 1);
    }
}
