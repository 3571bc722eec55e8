using System.Text;
using CityBrain.Brain;
using CityBrain.Ingest;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>
/// One district in a run: its brain, the decoder that all it hears goes through, and the record that sees
/// each event before the brain does.
/// </summary>
internal sealed class DistrictSide : IEventSink
{
    private readonly FeedDecoder _decoder;
    private readonly byte[][] _batches;
    private readonly bool[] _hears;
    private readonly bool[] _hearsPlanOf;

    /// <param name="city">The city.</param>
    /// <param name="options">Of the brain; without a district it serves the whole city.</param>
    public DistrictSide(City city, BrainOptions options)
    {
        Brain = new DistrictBrain(city, options);
        _decoder = new FeedDecoder(Brain.City, options.District, border: Brain.Border);
        _batches = [.. city.Districts.Select(d => Encoding.ASCII.GetBytes(new FeedTopics(d.Id).Batch))];
        _hears = [.. city.Districts.Select(d => options.District is null || d.Id == options.District)];
        foreach (Detector d in Brain.Border.Detectors.Select(d => city.Detectors[d]))
            _hears[city.Intersections[d.Intersection].District] = true;
        _hearsPlanOf = new bool[city.Intersections.Length];
        foreach (int i in Brain.Border.Neighbours) _hearsPlanOf[i] = true;
    }

    public DistrictBrain Brain { get; }
    public FeedCounters Counters => _decoder.Counters;
    /// <summary>Sees each event before the brain does; null for nobody.</summary>
    public RunRecord? Record { get; set; }

    /// <summary>Takes a district's batch of readings, if this one listens to it.</summary>
    public void Hear(int district, ReadOnlySpan<byte> payload)
    {
        if (_hears[district]) Decode(_batches[district], payload);
    }

    /// <summary>Takes what a neighbour's brain says of an intersection, if this one listens to it.</summary>
    public void HearPlan(int intersection, ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (_hearsPlanOf[intersection]) Decode(topic, payload);
    }

    public void Add(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        Record?.Before(Brain, e, extra);
        Brain.Accept(e, extra);
    }

    private void Decode(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        DistrictSide sink = this;
        _decoder.Decode(topic, payload, ref sink);
    }
}
