using CityBrain.Model;

namespace CityBrain.SignalControl.Tests;

/// <summary>Puts vehicles where a test wants them to be seen.</summary>
internal static class Sighted
{
    /// <summary>Cars on a lane: distance from its end in metres, nearest first, and speed in m/s.</summary>
    public static void Put(this TrafficState traffic, int lane, params ReadOnlySpan<(double M, double Mps)> vehicles)
    {
        traffic.Lanes[lane].SightingCount = vehicles.Length;
        for (int k = 0; k < vehicles.Length; k++)
            traffic.Sightings[lane * TrafficState.SightingsPerLane + k] =
                VehicleSighting.Of(vehicles[k].M, vehicles[k].Mps, 5, VehicleClass.Car);
    }

    public static void Put(
        this TrafficState traffic, City city, string lane, params ReadOnlySpan<(double M, double Mps)> vehicles) =>
        traffic.Put(city.TryLane(lane, out int index) ? index : throw new ArgumentException(lane), vehicles);

    /// <summary>So many cars, the first one at the stop line, all with one speed.</summary>
    public static (double M, double Mps)[] Queue(int vehicles, double mps = 0, double fromM = 1) =>
        [.. Enumerable.Range(0, vehicles).Select(k => (fromM + 7.5 * k, mps))];
}
