using CityBrain.Brain;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>
/// The sensors and cabinets of two districts, j1 behind j0: every lane is empty but for a platoon of eight
/// that comes to j0 after twelve seconds. The cabinets show their first stage throughout. Each district's
/// readings are one message.
/// </summary>
internal sealed class PlatoonStreet
{
    public const int Seconds = 24;
    private const int PlatoonFromS = 12;
    private readonly byte[] _buffer = new byte[16_384];

    public City City { get; } = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());

    public static long TimeMs(int second) => 100_000 + 1000L * second;

    /// <summary>What a district's sensors and its one cabinet say at that second.</summary>
    public ReadOnlySpan<byte> Batch(District district, int second)
    {
        long nowMs = TimeMs(second);
        var cameras = new BlockWriter(_buffer, BlockKind.Cameras, Numbering.OfDetectors(City));
        foreach (Detector d in City.Detectors)
        {
            int of = City.Intersections[d.Intersection].District;
            if (d.Kind != DetectorKind.Camera || of != district.Index) continue;
            VehicleSighting[] seen = City.Lanes[d.Lane].Id == "w0" ? Platoon(second) : [];
            cameras.TryAddCamera(nowMs, d.Index, (uint)(second + 1), seen.Length, 0, seen);
        }
        int at = cameras.Finish();
        Intersection here = Array.Find(City.Intersections, i => i.District == district.Index)!;
        var report = new ControllerReport(nowMs, here.Index, ControllerMode.Remote, 0, 0, Refusal.None);
        var cabinets = new BlockWriter(_buffer.AsSpan(at), BlockKind.Controllers);
        cabinets.TryAdd(report, here.Stages[0].Aspects);
        return _buffer.AsSpan(0, at + cabinets.Finish());
    }

    private static VehicleSighting[] Platoon(int second) => second < PlatoonFromS ? []
        : [.. Enumerable.Range(0, 8)
            .Select(k => 94 - 14 * (second - PlatoonFromS) + 14 * k)
            .Select(m => VehicleSighting.Of(m, 14, 4.5, VehicleClass.Car))
            .Where(v => v.DistanceCm > 0)];
}
