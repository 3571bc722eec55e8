using System.Globalization;

namespace CityBrain.Charts;

/// <summary>Delay of one policy, seconds a vehicle: mean over seeds, least and greatest mean of a seed, 95 of 100.</summary>
internal sealed record DelayBar(string Name, double MeanS, double LeastS, double GreatestS, double P95S);

/// <summary>Bars of mean delay per policy.</summary>
internal static class DelayChart
{
    private const int Width = 900, RowPx = 46;

    /// <param name="subtitle">Said below the title.</param>
    /// <param name="bars">From above.</param>
    /// <param name="tail">Mark the 95 of 100.</param>
    public static string Draw(string subtitle, IReadOnlyList<DelayBar> bars, bool tail = true)
    {
        bool range = bars.Any(b => b.GreatestS > b.LeastS);
        var frame = new PlotFrame(Width, 130 + RowPx * bars.Count, "Delay by policy", subtitle, left: 150);
        SvgDrawing svg = frame.Svg;
        Scale x = Scale.FromZero(bars.Max(b => Math.Max(b.P95S, b.GreatestS)) * 1.02, frame.Left, frame.PlotRight);
        frame.AxisX(x, "delay, seconds a vehicle");
        for (int i = 0; i < bars.Count; i++)
        {
            DelayBar bar = bars[i];
            double top = frame.PlotTop + 8 + i * RowPx, middle = top + (RowPx - 16) / 2.0;
            svg.Text(frame.Left - 10, middle + 4, bar.Name, Anchor.End, 13);
            svg.Rectangle(frame.Left, top, x.At(bar.MeanS) - frame.Left, RowPx - 16, Palette.Of(i));
            if (bar.GreatestS > bar.LeastS) Range(svg, x, bar, middle);
            if (tail) svg.Line(x.At(bar.P95S), top, x.At(bar.P95S), top + RowPx - 16, Palette.Ink, 2);
            double labelX = x.At(Math.Max(bar.MeanS, bar.GreatestS)) + 8;
            bool near = x.At(bar.P95S) > labelX - 6 && x.At(bar.P95S) < labelX + 40;
            svg.Text(near ? x.At(bar.P95S) + 8 : labelX, middle + 4,
                bar.MeanS.ToString("0.0", CultureInfo.InvariantCulture), size: 12, bold: true);
        }
        svg.Line(frame.Left, frame.PlotTop, frame.Left, frame.PlotBottom, Palette.Axis);
        var legend = new List<(string, Action<double, double>)>
        {
            ("mean over all vehicles of the demand", (px, y) => svg.Rectangle(px, y - 5, 18, 9, Palette.Faint)),
        };
        if (tail)
            legend.Add(("95 of 100 vehicles lost less", (px, y) => svg.Line(px + 9, y - 6, px + 9, y + 5, Palette.Ink, 2)));
        if (range) legend.Add(("range over seeds", (px, y) => svg.Line(px, y, px + 18, y, Palette.Ink, 1.2)));
        frame.Legend(legend);
        return svg.ToString();
    }

    private static void Range(SvgDrawing svg, Scale x, DelayBar bar, double middle)
    {
        svg.Line(x.At(bar.LeastS), middle, x.At(bar.GreatestS), middle, Palette.Ink, 1.2);
        svg.Line(x.At(bar.LeastS), middle - 4, x.At(bar.LeastS), middle + 4, Palette.Ink, 1.2);
        svg.Line(x.At(bar.GreatestS), middle - 4, x.At(bar.GreatestS), middle + 4, Palette.Ink, 1.2);
    }
}
