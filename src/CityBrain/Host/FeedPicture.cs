using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Engine;
using CityBrain.Ingest;
using CityBrain.Model;
using CityBrain.Mqtt.Client;

namespace CityBrain.Host;

/// <summary>Health and counters of the feeds, as the dashboard shows them.</summary>
internal sealed class FeedPicture(
    IngestLoop ingest, BatchChannel<EventBatch> channel, MqttClient client, DistrictBrain brain, FeedTally tally,
    LatestReadings? latest)
{
    private static readonly DetectorKind[] Kinds = [DetectorKind.Camera, DetectorKind.Loop, DetectorKind.Button];
    private static readonly EventKind[] Events = [EventKind.Camera, EventKind.Loop, EventKind.Button];
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
        counters[7] = channel.Counters.Dropped + (latest?.ReplacedInAll ?? 0);
        for (int k = 0; k < Kinds.Length; k++) Set(frame, k, Names[k], LastSeen(Kinds[k]), Events[k]);
        long heard = 0;
        foreach (ControllerState c in brain.Traffic.Controllers) heard = Math.Max(heard, c.SeenMs);
        Set(frame, Kinds.Length, "controller", heard, EventKind.Controller);
    }

    private void Set(CityFrame frame, int index, string name, long seenMs, EventKind kind) =>
        frame.SetFeed(index, new FeedFrame(name, client.IsConnected, seenMs,
            tally.Received(kind), tally.Refused(kind), tally.Late(kind), 0));

    private long LastSeen(DetectorKind kind)
    {
        long last = 0;
        foreach (Detector d in brain.City.Detectors)
            if (d.Kind == kind) last = Math.Max(last, brain.Traffic.Detectors[d.Index].SeenMs);
        return last;
    }
}
