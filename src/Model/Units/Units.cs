using System.Globalization;

namespace CityBrain.Model;

/// <summary>A duration, or an instant of the feed's clock, in whole milliseconds.</summary>
public readonly record struct Millis(long Value) : IComparable<Millis>
{
    public static readonly Millis Zero = new(0);

    /// <summary>From seconds, rounded to the nearest millisecond.</summary>
    public static Millis FromSeconds(double seconds) => new((long)Math.Round(seconds * 1000.0));

    public double Seconds => Value / 1000.0;

    public int CompareTo(Millis other) => Value.CompareTo(other.Value);
    public static Millis operator +(Millis a, Millis b) => new(a.Value + b.Value);
    public static Millis operator -(Millis a, Millis b) => new(a.Value - b.Value);
    public static bool operator <(Millis a, Millis b) => a.Value < b.Value;
    public static bool operator >(Millis a, Millis b) => a.Value > b.Value;
    public static bool operator <=(Millis a, Millis b) => a.Value <= b.Value;
    public static bool operator >=(Millis a, Millis b) => a.Value >= b.Value;
    public static Millis Max(Millis a, Millis b) => a >= b ? a : b;
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture) + " ms";
}

/// <summary>A length or a distance along a lane, in metres.</summary>
public readonly record struct Metres(double Value) : IComparable<Metres>
{
    public int CompareTo(Metres other) => Value.CompareTo(other.Value);
    public static Metres operator +(Metres a, Metres b) => new(a.Value + b.Value);
    public static Metres operator -(Metres a, Metres b) => new(a.Value - b.Value);
    public override string ToString() => Value.ToString("0.##", CultureInfo.InvariantCulture) + " m";
}

/// <summary>A speed in metres per second.</summary>
public readonly record struct Speed(double MetresPerSecond) : IComparable<Speed>
{
    public static Speed FromKmh(double kmh) => new(kmh / 3.6);
    public double Kmh => MetresPerSecond * 3.6;
    public int CompareTo(Speed other) => MetresPerSecond.CompareTo(other.MetresPerSecond);
    public override string ToString() => MetresPerSecond.ToString("0.##", CultureInfo.InvariantCulture) + " m/s";
}

/// <summary>The share of time, 0 to 1, for which a detector was occupied.</summary>
public readonly record struct Occupancy(double Share);

/// <summary>A flow in vehicles per hour.</summary>
public readonly record struct FlowRate(double VehiclesPerHour);

/// <summary>The time between two vehicles at one place, in seconds.</summary>
public readonly record struct Headway(double Seconds)
{
    /// <summary>The flow that this headway allows, 3,600 / headway.</summary>
    public FlowRate Flow => new(3600.0 / Seconds);
}

/// <summary>A point of the city's own plane, in metres east (x) and north (y) of its origin.</summary>
public readonly record struct Point(double X, double Y)
{
    /// <summary>Straight distance in metres.</summary>
    public double DistanceTo(Point other)
    {
        double dx = other.X - X, dy = other.Y - Y;
        return Math.Sqrt(dx * dx + dy * dy);
    }
}
