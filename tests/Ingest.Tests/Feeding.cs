using System.Text;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Ingest.Tests;

/// <summary>A decoder of the small city, and what came out of it.</summary>
internal sealed class Feeding(bool ticks = true)
{
    private ListSink _sink = new();

    public City City { get; } = CrossingCity.Build();
    public FeedDecoder Decoder { get; } = new(CrossingCity.Build(), "d0", ticks);
    public IReadOnlyList<CityEvent> Events => _sink.Events;
    public IReadOnlyList<byte[]> Extras => _sink.Extras;

    public MessageFate Send(string topic, string json) => Send(topic, Encoding.UTF8.GetBytes(json));

    public MessageFate Send(string topic, ReadOnlySpan<byte> payload) =>
        Decoder.Decode(Encoding.UTF8.GetBytes("citybrain/1/d0/" + topic), payload, ref _sink);

    public int Detector(string id) => City.TryDetector(id, out int i) ? i : throw new ArgumentException(id);
}

/// <summary>Keeps all that comes.</summary>
internal sealed class ListSink : IEventSink
{
    public List<CityEvent> Events { get; } = [];
    public List<byte[]> Extras { get; } = [];

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Events.Add(e);
        Extras.Add(extra.ToArray());
    }
}
