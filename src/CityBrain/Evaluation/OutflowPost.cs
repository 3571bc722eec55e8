using CityBrain.Brain;
using CityBrain.Ingest.Feeds;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>
/// Carries planned outflows from brain to brain, as the bytes that a broker would carry: what was planned at
/// a tick is heard before the next one. Nothing else passes between the brains of a run.
/// </summary>
internal sealed class OutflowPost(City city)
{
    private readonly OutflowFeed _feed = new(city);
    private readonly List<(int Intersection, int From, int Length)> _messages = [];
    private byte[] _bytes = new byte[1 << 16];
    private int _used;

    /// <summary>Messages and their bytes, however many heard each.</summary>
    public long Messages { get; private set; }
    public long Bytes { get; private set; }

    /// <summary>Takes what a brain has to tell after its tick.</summary>
    public void Collect(DistrictBrain brain)
    {
        for (int k = 0; k < brain.Outflows.Count; k++)
        {
            ReadOnlySpan<byte> payload = _feed.Write(brain.Outflows[k], brain.Outflows.Extra(k));
            if (_used + payload.Length > _bytes.Length) Array.Resize(ref _bytes, 2 * (_used + payload.Length));
            payload.CopyTo(_bytes.AsSpan(_used));
            _messages.Add((brain.Outflows[k].Index, _used, payload.Length));
            _used += payload.Length;
        }
    }

    /// <summary>Hands all of it to those who listen, in the order of the brains.</summary>
    public void Deliver(DistrictSide[] sides)
    {
        foreach ((int intersection, int from, int length) in _messages)
            foreach (DistrictSide side in sides)
                side.HearPlan(intersection, _feed.Topic(intersection), _bytes.AsSpan(from, length));
        Messages += _messages.Count;
        Bytes += _used;
        Drop();
    }

    /// <summary>Loses all of it, as a link that is down would.</summary>
    public void Drop()
    {
        _messages.Clear();
        _used = 0;
    }
}
