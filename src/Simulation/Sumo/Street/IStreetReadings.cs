using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>Takes what the street's sensors say at one instant; detectors by their index in the city.</summary>
public interface IStreetReadings
{
    /// <summary>A camera's picture, nearest to the lane's downstream end first; also of an empty lane.</summary>
    void Camera(int detector, int stopped, ReadOnlySpan<VehicleSighting> sightings);

    /// <summary>A loop's last second: vehicles, share of the second occupied, mean speed (NaN without a vehicle).</summary>
    void Loop(int detector, int vehicles, float occupancy, float speedMps);

    /// <summary>Somebody on foot presses a button.</summary>
    void Button(int detector);
}
