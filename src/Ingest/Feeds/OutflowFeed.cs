using System.Text;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Feeds;

/// <summary>
/// What one district's brain tells its neighbours: a planned outflow as a block of one record, on the topic
/// of its intersection. Binary only.
/// </summary>
public sealed class OutflowFeed
{
    private const int HeadBytes = 2 * BlockHeader.Size;

    private readonly byte[][] _topics;
    private readonly uint _numbering;
    private byte[] _payload = new byte[4096];

    public OutflowFeed(City city)
    {
        FeedTopics[] topics = [.. city.Districts.Select(d => new FeedTopics(d.Id))];
        _topics = [.. city.Intersections.Select(i => Encoding.ASCII.GetBytes(topics[i.District].Outflow(i.Id)))];
        _numbering = Numbering.OfOutflows(city);
    }

    public ReadOnlySpan<byte> Topic(int intersection) => _topics[intersection];

    /// <summary>The payload of an event with its side data; good until the next call.</summary>
    public ReadOnlySpan<byte> Write(in CityEvent e, ReadOnlySpan<byte> flows)
    {
        if (_payload.Length < HeadBytes + flows.Length) _payload = new byte[HeadBytes + flows.Length];
        var block = new BlockWriter(_payload, BlockKind.Outflows, _numbering);
        block.TryAddOutflow(e, flows);
        return _payload.AsSpan(0, block.Finish());
    }
}
