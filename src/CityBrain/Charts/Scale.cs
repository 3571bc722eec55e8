using System.Globalization;

namespace CityBrain.Charts;

/// <summary>Values on an axis to pixels.</summary>
internal readonly record struct Scale(double From, double To, double PixelFrom, double PixelTo)
{
    public double At(double value) => PixelFrom + (value - From) / (To - From) * (PixelTo - PixelFrom);

    /// <summary>From zero up to a round value at or above the greatest.</summary>
    public static Scale FromZero(double greatest, double pixelFrom, double pixelTo)
    {
        double to = greatest > 0 ? greatest : 1;
        double step = Step(0, to, 5);
        return new Scale(0, Math.Ceiling(to / step - 1e-9) * step, pixelFrom, pixelTo);
    }

    /// <summary>Round values inside the scale, about as many as asked for.</summary>
    public IEnumerable<double> Ticks(int about = 6)
    {
        double step = Step(From, To, about);
        // Adding 0 makes 0 of -0.
        for (double k = Math.Ceiling(From / step - 1e-9); k * step <= To + step * 1e-9; k++) yield return k * step + 0.0;
    }

    /// <summary>A tick in as few digits as its neighbours need.</summary>
    public static string Label(double tick) => tick.ToString("#,0.####", CultureInfo.InvariantCulture);

    /// <summary>1, 2 or 5 times a power of ten (Heckbert, "Nice numbers for graph labels", 1990).</summary>
    private static double Step(double from, double to, int about)
    {
        double raw = Math.Max(double.Epsilon, (to - from) / Math.Max(1, about));
        double power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double share = raw / power;
        return power * (share <= 1 ? 1 : share <= 2 ? 2 : share <= 5 ? 5 : 10);
    }
}
