using System.Globalization;

namespace CityBrain.Charts;

/// <summary>What a stop line showed from one instant to another.</summary>
internal readonly record struct SignalSpan(double FromS, double ToS, string Colour);

/// <summary>A stop line of a time-space diagram.</summary>
internal sealed record SpaceStop(string Name, double AtM, IReadOnlyList<SignalSpan> Spans);

/// <summary>
/// Time to the right, distance upwards, one line a vehicle; on each stop line what it showed (FHWA Signal Timing
/// Manual, 2nd edition, 7.3). Lines that cross several greens without a bend are a green wave.
/// </summary>
internal static class TimeSpaceChart
{
    private const int Width = 1100, MostVehicles = 2500;

    public static string Draw(string title, string subtitle, double fromS, double toS, double lengthM,
        IReadOnlyList<SpaceStop> stops, IReadOnlyList<IReadOnlyList<(double AtS, double DistanceM)>> vehicles)
    {
        int height = 150 + (int)Math.Clamp(lengthM * 0.32, 260, 620);
        var frame = new PlotFrame(Width, height, title, subtitle, left: 130);
        SvgDrawing svg = frame.Svg;
        var x = new Scale(fromS / 60, toS / 60, frame.Left, frame.PlotRight);
        var y = new Scale(0, lengthM, frame.PlotBottom, frame.PlotTop);
        frame.AxisX(x, "time since the beginning, minutes:seconds", Clock, about: 10);
        foreach (double tick in y.Ticks())
        {
            svg.Line(frame.Left, y.At(tick), frame.PlotRight, y.At(tick), Palette.Grid);
            svg.Text(frame.Left - 8, y.At(tick) + 4, Scale.Label(tick), Anchor.End, 10, Palette.Faint);
        }
        svg.Line(frame.Left, frame.PlotTop, frame.Left, frame.PlotBottom, Palette.Axis);
        frame.LabelY("distance along the corridor, metres");
        svg.BeginClip(frame.Left, frame.PlotTop, frame.PlotRight - frame.Left, frame.PlotBottom - frame.PlotTop);
        foreach (var points in vehicles.Where(v => v.Count > 1).Take(MostVehicles))
            svg.Polyline(Thinned(points).Select(p => (x.At(p.AtS / 60), y.At(p.DistanceM))), "#3e5c76", 0.8);
        foreach (SpaceStop stop in stops)
            foreach (SignalSpan span in stop.Spans)
            {
                double left = x.At(Math.Max(span.FromS, fromS) / 60), right = x.At(Math.Min(span.ToS, toS) / 60);
                if (right > left) svg.Rectangle(left, y.At(stop.AtM) - 3, right - left, 6, span.Colour);
            }
        svg.EndClip();
        LabelStops(svg, frame, y, stops);
        frame.Legend([
            ("vehicle", frame.LineSwatch("#3e5c76", 1)),
            ("green for the way on", frame.LineSwatch(Palette.GreenLight, 6)),
            ("yellow", frame.LineSwatch(Palette.YellowLight, 6)),
            ("red", frame.LineSwatch(Palette.RedLight, 6)),
        ]);
        return svg.ToString();
    }

    /// <summary>Names beside their stop lines; pushed apart where stop lines are near.</summary>
    private static void LabelStops(SvgDrawing svg, PlotFrame frame, Scale y, IReadOnlyList<SpaceStop> stops)
    {
        double last = double.PositiveInfinity;
        foreach (SpaceStop stop in stops.OrderBy(s => s.AtM))
        {
            double at = Math.Min(y.At(stop.AtM) + 4, last - 12);
            last = at;
            svg.Text(frame.Left - 48, at, Short(stop.Name), Anchor.End, 10, bold: true);
            svg.Line(frame.Left - 44, at - 4, frame.Left, y.At(stop.AtM), Palette.Axis, 0.7);
        }
    }

    /// <summary>Leaves out points on a straight line: within 0.3 m of where the neighbours kept put them.</summary>
    private static IEnumerable<(double AtS, double DistanceM)> Thinned(
        IReadOnlyList<(double AtS, double DistanceM)> points)
    {
        yield return points[0];
        int kept = 0;
        for (int i = 2; i < points.Count; i++)
        {
            double slope = (points[i].DistanceM - points[kept].DistanceM)
                / Math.Max(1e-9, points[i].AtS - points[kept].AtS);
            bool straight = true;
            for (int k = kept + 1; straight && k < i; k++)
                straight = Math.Abs(points[kept].DistanceM + slope * (points[k].AtS - points[kept].AtS)
                    - points[k].DistanceM) < 0.3;
            if (straight && i - kept < 60) continue;
            kept = i - 1;
            yield return points[kept];
        }
        yield return points[^1];
    }

    private static string Short(string name) => name.Length <= 9 ? name : name[..8] + "…";

    private static string Clock(double minutes) => string.Create(CultureInfo.InvariantCulture,
        $"{Math.Floor(minutes + 1e-6):0}:{Math.Round(minutes * 60) % 60:00}");
}
