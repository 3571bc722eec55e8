using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>Cameras and radars: of the vehicles inside a zone, distance, speed, length and class.</summary>
/// <param name="city">The city whose cameras these are.</param>
/// <param name="unseenShare">Share of vehicles that no camera sees; always the same ones.</param>
/// <param name="seed">Which ones.</param>
internal sealed class SumoCameras(City city, double unseenShare, ulong seed)
{
    private readonly Detector[] _cameras = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Camera)];
    private readonly VehicleSighting[] _seen = new VehicleSighting[512];

    public void Read(SumoVehicles vehicles, IStreetReadings readings)
    {
        foreach (Detector camera in _cameras)
        {
            double length = city.Lanes[camera.Lane].Length.Value;
            double from = camera.At.Value, to = from + camera.Reach.Value;
            int count = 0, stopped = 0;
            for (int i = vehicles.FirstOn(camera.Lane); i >= 0 && count < _seen.Length; i = vehicles[i].NextOnLane)
            {
                if (Unseen(i)) continue;
                ref SumoVehicle v = ref vehicles[i];
                double distance = Math.Max(0, length - v.AtM);
                if (distance < from || distance > to) continue;
                var sighting = VehicleSighting.Of(distance, v.SpeedMps, v.LengthM, v.Class);
                if (sighting.Stopped) stopped++;
                Insert(sighting, count++);
            }
            readings.Camera(camera.Index, stopped, _seen.AsSpan(0, count));
        }
    }

    private bool Unseen(int vehicle) =>
        unseenShare > 0 && SeededRandom.For(seed, (ulong)vehicle).NextShare() < unseenShare;

    private void Insert(VehicleSighting sighting, int count)
    {
        int at = count;
        for (; at > 0 && _seen[at - 1].DistanceCm > sighting.DistanceCm; at--) _seen[at] = _seen[at - 1];
        _seen[at] = sighting;
    }
}
