using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>How a class of vehicle drives. Orders of magnitude after SUMO's default vehicle types.</summary>
/// <param name="Class">What a camera makes of it.</param>
/// <param name="LengthM">Bumper to bumper.</param>
/// <param name="Acceleration">m/s2.</param>
/// <param name="Deceleration">Comfortable braking, m/s2.</param>
/// <param name="MaxSpeedMps">Its own limit, m/s.</param>
/// <param name="Share">Of all trips.</param>
internal readonly record struct VehicleType(
    VehicleClass Class, float LengthM, float Acceleration, float Deceleration, float MaxSpeedMps, double Share)
{
    public static readonly VehicleType[] All =
    [
        new(VehicleClass.Car, 4.6f, 2.6f, 4.5f, 50, 0.87),
        new(VehicleClass.Truck, 9.5f, 1.3f, 4.0f, 25, 0.05),
        new(VehicleClass.Bus, 12f, 1.2f, 4.0f, 23, 0.02),
        new(VehicleClass.Motorcycle, 2.2f, 3.5f, 5.0f, 50, 0.05),
        new(VehicleClass.Bicycle, 1.8f, 1.2f, 3.0f, 7.5f, 0.01),
    ];

    /// <summary>Draws a type by share.</summary>
    public static byte Draw(ref SeededRandom random)
    {
        double x = random.NextShare();
        for (byte i = 0; i < All.Length; i++)
        {
            if (x < All[i].Share) return i;
            x -= All[i].Share;
        }
        return 0;
    }
}
