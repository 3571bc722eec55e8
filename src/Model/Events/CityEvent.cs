using System.Runtime.InteropServices;

namespace CityBrain.Model;

public enum EventKind : byte
{
    /// <summary>Time moves on: everything up to TimeMs has been said. The brain decides on ticks only.</summary>
    Tick = 1,
    /// <summary>Loop reading. Index: detector. A: vehicles, B: occupancy 0..1, C: mean speed m/s (NaN: none).</summary>
    Loop = 2,
    /// <summary>Camera or radar zone. Index: detector. A: vehicles, B: stopped. Extra: VehicleSighting[].</summary>
    Camera = 3,
    /// <summary>Push button. Index: detector. Code: 1 pressed.</summary>
    Button = 4,
    /// <summary>
    /// Controller state. Index: intersection. Code: ControllerMode. A: stage shown or -1, B: last Refusal,
    /// Sequence: last accepted command. Extra: one Aspect per group.
    /// </summary>
    Controller = 5,
    /// <summary>An operator steps in. Index: intersection. Code: OverrideKind. A: stage, B: seconds. Extra: who and why, UTF-8.</summary>
    Override = 6,
    /// <summary>
    /// A neighbouring district says what one of its intersections plans to send. Index: intersection. TimeMs:
    /// when the plan was made. Extra: <see cref="PlannedFlow"/>[].
    /// </summary>
    Outflow = 7,
    /// <summary>The link to a feed changed. Index: detector or -1 for all. Code: 1 up, 0 down.</summary>
    Link = 8,
}

/// <summary>What a controller says it is doing.</summary>
public enum ControllerMode : byte { Unknown = 0, Remote = 1, Fallback = 2, Fault = 3, Flash = 4, Off = 5 }

/// <summary>How an operator steps in.</summary>
public enum OverrideKind : byte
{
    /// <summary>Back to automatic.</summary>
    Release = 0,
    /// <summary>Keep the present stage.</summary>
    Hold = 1,
    /// <summary>Go to stage A as soon as it is safe and stay there.</summary>
    Force = 2,
    /// <summary>Do not use stage A.</summary>
    Skip = 3,
    /// <summary>Run the intersection's own programme.</summary>
    Programme = 4,
}

/// <summary>
/// Anything that happens to a brain: 32 bytes, plus up to 65,535 bytes of side data (Extra) that travel with
/// it. The journal stores exactly this.
/// </summary>
/// <param name="TimeMs">Event time in milliseconds of the feed's clock (sensor time, not arrival).</param>
/// <param name="Index">What it concerns; see <see cref="EventKind"/>.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Code">A small value; see <see cref="EventKind"/>.</param>
/// <param name="ExtraLength">Bytes of side data.</param>
/// <param name="A">First value.</param>
/// <param name="B">Second value.</param>
/// <param name="C">Third value.</param>
/// <param name="Sequence">The sender's running number, 0 where the sender has none.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct CityEvent(
    long TimeMs, int Index, EventKind Kind, byte Code, ushort ExtraLength, float A, float B, float C, uint Sequence)
{
    /// <summary>Bytes of one event without its side data.</summary>
    public const int Size = 32;

    public static CityEvent Tick(long timeMs) => new(timeMs, -1, EventKind.Tick, 0, 0, 0, 0, 0, 0);
}

/// <summary>Vehicle classes that a camera or radar can tell apart.</summary>
public enum VehicleClass : byte { Unknown = 0, Car = 1, Truck = 2, Bus = 3, Tram = 4, Motorcycle = 5, Bicycle = 6, Pedestrian = 7, Emergency = 8 }

/// <summary>One vehicle in a zone, as a camera or radar reports it; 8 bytes, quantised like the wire.</summary>
/// <param name="DistanceCm">Front of the vehicle to the lane's downstream end, centimetres, at most 655 m.</param>
/// <param name="SpeedCmPerS">Speed in centimetres a second.</param>
/// <param name="LengthDm">Length in decimetres, 0 when not measured.</param>
/// <param name="Class">Vehicle class.</param>
/// <param name="Reserved">Zero.</param>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly record struct VehicleSighting(
    ushort DistanceCm, ushort SpeedCmPerS, byte LengthDm, VehicleClass Class, ushort Reserved = 0)
{
    public const int Size = 8;

    /// <summary>Below this a vehicle counts as stopped (0.1 m/s, SUMO's halting threshold).</summary>
    public const int StoppedCmPerS = 10;

    public float DistanceM => DistanceCm * 0.01f;
    public float SpeedMps => SpeedCmPerS * 0.01f;
    public float LengthM => LengthDm * 0.1f;
    public bool Stopped => SpeedCmPerS <= StoppedCmPerS;

    /// <summary>Quantises; values out of range are clamped.</summary>
    public static VehicleSighting Of(double distanceM, double speedMps, double lengthM, VehicleClass kind) => new(
        (ushort)Math.Clamp(Math.Round(distanceM * 100), 0, ushort.MaxValue),
        (ushort)Math.Clamp(Math.Round(speedMps * 100), 0, ushort.MaxValue),
        (byte)Math.Clamp(Math.Round(lengthM * 10), 0, byte.MaxValue), kind);
}
