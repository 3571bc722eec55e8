using System.Runtime.InteropServices;

namespace CityBrain.Model;

/// <summary>
/// One loop reading of 24 bytes: in memory, in batches and on the wire (docs/WIRE.md) the same, little-endian.
/// </summary>
/// <param name="TimeMs">End of the interval that was counted, milliseconds of the feed's clock.</param>
/// <param name="Detector">Dense index of the detector.</param>
/// <param name="Count">Vehicles in the interval.</param>
/// <param name="Occupancy">Share of the interval for which the loop was occupied, 0..1.</param>
/// <param name="SpeedMps">Mean speed in metres a second; NaN where none was measured.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct LoopReading(
    long TimeMs, int Detector, float Count, float Occupancy, float SpeedMps)
{
    public const int Size = 24;
}
