using CityBrain.Channels;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Ingest;

/// <summary>
/// From a connection's read loop to the brain's channel. Give <see cref="OnMessage"/> and <see cref="OnReadDone"/> to
/// an MQTT client: the first decodes each message, the second sends what one read from the socket brought.
/// </summary>
public sealed class IngestLoop
{
    private readonly FeedDecoder _decoder;
    private BatchSink _sink;

    /// <param name="decoder">Used by this loop only.</param>
    /// <param name="channel">Where events go. In lockstep its policy must be Wait: a lost tick stops time.</param>
    /// <param name="wait">True to hold the connection up while the channel is full; false to drop and count.</param>
    /// <param name="latest">Where readings wait while the brain is behind; null to hold up or drop them too.</param>
    public IngestLoop(FeedDecoder decoder, BatchChannel<EventBatch> channel, bool wait, LatestReadings? latest = null)
    {
        _decoder = decoder;
        _sink = new BatchSink(channel, wait, latest);
    }

    public FeedCounters Counters => _decoder.Counters;

    public void OnMessage(in PublishView message) => _decoder.Decode(message.Topic, message.Payload, ref _sink);

    public void OnReadDone() => _sink.Flush();

    /// <summary>A channel of event batches of a size that keeps the hand-over below 10 ns an event.</summary>
    public static BatchChannel<EventBatch> MakeChannel(
        int batches = 64, int eventsPerBatch = 512, WhenFull whenFull = WhenFull.Wait) =>
        new(batches, () => new EventBatch(eventsPerBatch, Math.Max(65_536, eventsPerBatch * 128)),
            static b => b.Count, static b => b.Clear(), whenFull);
}
