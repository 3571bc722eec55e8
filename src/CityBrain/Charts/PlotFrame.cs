namespace CityBrain.Charts;

/// <summary>Title, axes with units, grid and legend around a plot.</summary>
internal sealed class PlotFrame
{
    private const double Top = 58, Bottom = 56, Right = 24;

    /// <param name="width">Pixels of the whole drawing.</param>
    /// <param name="height">Pixels of the whole drawing.</param>
    /// <param name="title">Said above.</param>
    /// <param name="subtitle">Said below the title.</param>
    /// <param name="left">Pixels kept on the left for labels.</param>
    public PlotFrame(int width, int height, string title, string subtitle, double left = 74)
    {
        Svg = new SvgDrawing(width, height, title);
        (Left, PlotTop, PlotRight, PlotBottom) = (left, Top, width - Right, height - Bottom);
        Svg.Text(16, 24, title, size: 16, bold: true);
        Svg.Text(16, 42, subtitle, size: 12, colour: Palette.Faint);
    }

    public SvgDrawing Svg { get; }
    public double Left { get; }
    public double PlotTop { get; }
    public double PlotRight { get; }
    public double PlotBottom { get; }

    public void AxisX(Scale x, string label, Func<double, string>? text = null, int about = 8)
    {
        foreach (double tick in x.Ticks(about))
        {
            Svg.Line(x.At(tick), PlotTop, x.At(tick), PlotBottom, Palette.Grid);
            Svg.Text(x.At(tick), PlotBottom + 17, (text ?? Scale.Label)(tick), Anchor.Middle, 11, Palette.Faint);
        }
        Svg.Line(Left, PlotBottom, PlotRight, PlotBottom, Palette.Axis);
        Svg.Text((Left + PlotRight) / 2, PlotBottom + 36, label, Anchor.Middle, 12);
    }

    public void AxisY(Scale y, string label)
    {
        foreach (double tick in y.Ticks())
        {
            Svg.Line(Left, y.At(tick), PlotRight, y.At(tick), Palette.Grid);
            Svg.Text(Left - 8, y.At(tick) + 4, Scale.Label(tick), Anchor.End, 11, Palette.Faint);
        }
        Svg.Line(Left, PlotTop, Left, PlotBottom, Palette.Axis);
        LabelY(label);
    }

    public void LabelY(string label) =>
        Svg.Text(20, (PlotTop + PlotBottom) / 2, label, Anchor.Middle, 12, turnDeg: -90);

    /// <summary>Names of the series on one line at the bottom, from the left.</summary>
    public void Legend(IEnumerable<(string Name, Action<double, double> Swatch)> entries)
    {
        double x = Left;
        foreach ((string name, Action<double, double> swatch) in entries)
        {
            swatch(x, Svg.Height - 8);
            Svg.Text(x + 24, Svg.Height - 4, name, size: 11);
            x += 40 + 6.4 * name.Length;
        }
    }

    /// <summary>A legend's swatch: a piece of line.</summary>
    public Action<double, double> LineSwatch(string colour, double width = 2.5) =>
        (x, y) => Svg.Line(x, y, x + 18, y, colour, width);
}
