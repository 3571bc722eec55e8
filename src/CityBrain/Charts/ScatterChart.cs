namespace CityBrain.Charts;

/// <summary>Points of one quantity measured in two ways; on the diagonal they agree.</summary>
internal static class ScatterChart
{
    private const int Width = 620, Height = 560;

    /// <param name="title">Said above.</param>
    /// <param name="subtitle">Below it.</param>
    /// <param name="labelX">With its unit.</param>
    /// <param name="labelY">With its unit.</param>
    /// <param name="points">A point, and whether it fits.</param>
    /// <param name="limits">For an x the least and the greatest y that fit.</param>
    /// <param name="limitName">What those limits are.</param>
    public static string Draw(string title, string subtitle, string labelX, string labelY,
        IReadOnlyList<(double X, double Y, bool Fits)> points, Func<double, (double Least, double Greatest)> limits,
        string limitName)
    {
        var frame = new PlotFrame(Width, Height, title, subtitle);
        double most = points.SelectMany(p => new[] { p.X, p.Y }).DefaultIfEmpty(1).Max();
        Scale x = Scale.FromZero(most, frame.Left, frame.PlotRight), y = Scale.FromZero(most, frame.PlotBottom, frame.PlotTop);
        frame.AxisX(x, labelX);
        frame.AxisY(y, labelY);
        double[] steps = [.. Enumerable.Range(0, 81).Select(i => x.To * i / 80)];
        frame.Svg.BeginClip(frame.Left, frame.PlotTop, frame.PlotRight - frame.Left, frame.PlotBottom - frame.PlotTop);
        frame.Svg.Area(steps.Select(s => (x.At(s), y.At(limits(s).Greatest)))
            .Concat(steps.Reverse().Select(s => (x.At(s), y.At(limits(s).Least)))), Palette.Of(2), 0.12);
        frame.Svg.Line(x.At(0), y.At(0), x.At(x.To), y.At(y.To), Palette.Axis, 1, "4 4");
        foreach ((double px, double py, bool fits) in points)
            frame.Svg.Circle(x.At(px), y.At(py), 3.5, fits ? Palette.Of(0) : Palette.Of(1));
        frame.Svg.EndClip();
        frame.Legend([
            ("fits", (sx, sy) => frame.Svg.Circle(sx + 9, sy, 3.5, Palette.Of(0))),
            ("does not", (sx, sy) => frame.Svg.Circle(sx + 9, sy, 3.5, Palette.Of(1))),
            (limitName, (sx, sy) => frame.Svg.Rectangle(sx, sy - 5, 18, 10, Palette.Of(2), 0.2)),
        ]);
        return frame.Svg.ToString();
    }
}
