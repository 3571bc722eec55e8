namespace CityBrain.Charts;

/// <summary>One line over time; the band runs from the least to the greatest of several runs.</summary>
internal sealed record LineSeries(string Name, IReadOnlyList<(double X, double Y)> Line,
    IReadOnlyList<(double X, double Least, double Greatest)>? Band = null, string? Dash = null);

/// <summary>Lines over a common axis.</summary>
internal static class LineChart
{
    private const int Width = 900, Height = 380;

    public static string Draw(string title, string subtitle, string labelX, string labelY, IReadOnlyList<LineSeries> series)
    {
        var frame = new PlotFrame(Width, Height, title, subtitle);
        double last = series.SelectMany(s => s.Line).Select(p => p.X).DefaultIfEmpty(1).Max();
        double greatest = series.SelectMany(s => s.Line.Select(p => p.Y)
            .Concat(s.Band?.Select(b => b.Greatest) ?? [])).DefaultIfEmpty(1).Max();
        double first = series.SelectMany(s => s.Line).Select(p => p.X).DefaultIfEmpty(0).Min();
        var x = new Scale(first, Math.Max(last, first + 1e-6), frame.Left, frame.PlotRight);
        Scale y = Scale.FromZero(greatest, frame.PlotBottom, frame.PlotTop);
        frame.AxisX(x, labelX);
        frame.AxisY(y, labelY);
        for (int i = 0; i < series.Count; i++)
            if (series[i].Band is { Count: > 1 } band)
                frame.Svg.Area(band.Select(b => (x.At(b.X), y.At(b.Greatest)))
                    .Concat(band.Reverse().Select(b => (x.At(b.X), y.At(b.Least)))), Palette.Of(i), 0.18);
        for (int i = 0; i < series.Count; i++)
            frame.Svg.Polyline(series[i].Line.Select(p => (x.At(p.X), y.At(p.Y))), Palette.Of(i), 1.8, series[i].Dash);
        frame.Legend(series.Select((s, i) => (s.Name, frame.LineSwatch(Palette.Of(i)))));
        return frame.Svg.ToString();
    }
}
