using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Engine;
using CityBrain.Ingest;
using CityBrain.Model;
using CityBrain.Mqtt.Client;

namespace CityBrain.Host;

/// <summary>Health and counters of the feeds, as the dashboard shows them.</summary>
internal sealed class FeedPicture(
    IngestLoop ingest, BatchChannel<EventBatch> channel, MqttClient client, DistrictBrain brain)
{
    private static readonly DetectorKind[] Kinds = [DetectorKind.Camera, DetectorKind.Loop, DetectorKind.Button];
    private static readonly string[] Names = ["camera", "loop", "button"];

    public void Fill(CityFrame frame)
    {
        FeedCounters feed = ingest.Counters;
        EngineCounters engine = brain.Engine.Counters;
        long[] counters = frame.Counters;
        counters[0] = feed.Messages;
        counters[1] = feed.Events;
        counters[2] = feed.Malformed + feed.WrongNumbering;
        counters[3] = feed.UnknownTopic + feed.UnknownIndex + engine.Unknown;
        counters[4] = engine.TooLate;
        counters[5] = engine.Duplicate;
        counters[6] = engine.Impossible + feed.Impossible;
        counters[7] = channel.Counters.Dropped;
        for (int k = 0; k < Kinds.Length; k++)
            frame.SetFeed(k, new FeedFrame(Names[k], client.IsConnected, LastSeen(Kinds[k]), 0, 0, 0, 0));
        long controllers = 0;
        foreach (ControllerState c in brain.Traffic.Controllers) controllers = Math.Max(controllers, c.SeenMs);
        frame.SetFeed(Kinds.Length, new FeedFrame("controller", client.IsConnected, controllers, engine.Received,
            counters[2] + counters[3] + counters[6], engine.TooLate + engine.Duplicate, channel.Counters.Dropped));
    }

    private long LastSeen(DetectorKind kind)
    {
        long last = 0;
        foreach (Detector d in brain.City.Detectors)
            if (d.Kind == kind) last = Math.Max(last, brain.Traffic.Detectors[d.Index].SeenMs);
        return last;
    }
}
