using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>What is wrong with the sensors in a robustness run; nothing by default. Seeded, so repeatable.</summary>
public sealed record SensorFaults
{
    /// <summary>Share of vehicles that no camera ever sees, 0..1.</summary>
    public double Lost { get; init; }
    /// <summary>Chance that a camera's picture holds a standing vehicle that is not there, 0..1.</summary>
    public double False { get; init; }
    /// <summary>Error of distances, metres either way; of speeds a fifth of it in m/s.</summary>
    public double NoiseM { get; init; }
    /// <summary>Every reading arrives this late, milliseconds.</summary>
    public long LateMs { get; init; }
    /// <summary>All sensors are silent for this long, from a third of the run on, seconds.</summary>
    public double BlindS { get; init; }

    public static readonly SensorFaults None = new();

    /// <summary>Reads <c>lost=0.1</c>, <c>false=0.1</c>, <c>noise=5</c>, <c>late=1000</c> or <c>blind=300</c> on top of these.</summary>
    public bool TryWith(string text, out SensorFaults faults)
    {
        faults = this;
        string[] parts = text.Split('=', 2);
        if (parts.Length != 2 || !double.TryParse(parts[1], CultureInfo.InvariantCulture, out double value)
            || !(value >= 0) || !double.IsFinite(value)) return false;
        switch (parts[0])
        {
            case "lost" when value <= 1: faults = this with { Lost = value }; return true;
            case "false" when value <= 1: faults = this with { False = value }; return true;
            case "noise" when value <= 100: faults = this with { NoiseM = value }; return true;
            case "late" when value <= 60_000: faults = this with { LateMs = (long)value }; return true;
            case "blind" when value <= 86_400: faults = this with { BlindS = value }; return true;
            default: return false;
        }
    }

    /// <summary>True while the sensors are silent.</summary>
    public bool Blind(double nowS, double beginS, double endS)
    {
        double from = beginS + (endS - beginS) / 3;
        return BlindS > 0 && nowS >= from && nowS < from + BlindS;
    }
}

/// <summary>Puts the faults into one camera's picture after another.</summary>
internal sealed class FaultyCamera(SensorFaults faults, ulong seed)
{
    private const int Room = 513;
    private readonly VehicleSighting[] _picture = new VehicleSighting[Room];
    private SeededRandom _random = SeededRandom.For(seed, 0xFA17);

    /// <summary>The picture as the faulty camera gives it; valid until the next call.</summary>
    public ReadOnlySpan<VehicleSighting> Spoil(ReadOnlySpan<VehicleSighting> seen, Detector camera, out int stopped)
    {
        int count = Math.Min(seen.Length, Room - 1);
        for (int i = 0; i < count; i++) _picture[i] = faults.NoiseM > 0 ? Shake(seen[i], camera) : seen[i];
        if (_random.NextShare() < faults.False)
            _picture[count++] = VehicleSighting.Of(
                camera.At.Value + _random.NextShare() * camera.Reach.Value, 0, 4.5, VehicleClass.Car);
        Span<VehicleSighting> picture = _picture.AsSpan(0, count);
        picture.Sort(static (a, b) => a.DistanceCm.CompareTo(b.DistanceCm));
        stopped = 0;
        foreach (VehicleSighting s in picture) stopped += s.Stopped ? 1 : 0;
        return picture;
    }

    private VehicleSighting Shake(VehicleSighting s, Detector camera)
    {
        double distance = s.DistanceM + _random.Next(-faults.NoiseM, faults.NoiseM);
        double speed = s.SpeedMps + _random.Next(-faults.NoiseM, faults.NoiseM) / 5;
        return VehicleSighting.Of(
            Math.Clamp(distance, camera.At.Value, camera.At.Value + camera.Reach.Value), Math.Max(0, speed), s.LengthM, s.Class);
    }
}
