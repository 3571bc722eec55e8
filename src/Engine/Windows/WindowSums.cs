using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace CityBrain.Engine.Windows;

/// <summary>
/// Sums of one open window in one vector: vehicles, occupancy, vehicles times speed, readings. A float holds whole
/// numbers up to 2^24 exactly, far more than a window has.
/// </summary>
internal static class WindowSums
{
    public const int Bytes = 16;

    public static bool IsEmpty(Vector128<float> sums) => sums.GetElement(3) == 0;

    public static WindowRow Row(Vector128<float> sums, long startMs, int detector, WindowLength length)
    {
        float count = sums.GetElement(0), readings = sums.GetElement(3);
        return new WindowRow(startMs, detector, length, (int)readings, count, sums.GetElement(1) / readings,
            count > 0 ? sums.GetElement(2) / count : float.NaN);
    }

    /// <summary>What one reading adds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(float count, float occupancy, float speedMps) =>
        Vector128.Create(count, occupancy, count == 0 ? 0 : count * speedMps, 1f);
}
