using System.Globalization;
using System.Net;
using System.Text;

namespace CityBrain.Charts;

/// <summary>Where a text stands against its point.</summary>
internal enum Anchor { Start, Middle, End }

/// <summary>
/// A drawing in SVG 1.1, self-contained: no script, no font and no style from elsewhere. Pixels, y downwards.
/// </summary>
internal sealed class SvgDrawing
{
    private const string Font = "font-family=\"system-ui, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif\"";
    private readonly StringBuilder _body = new();
    private int _clips;

    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="title">For those who cannot see it.</param>
    public SvgDrawing(int width, int height, string title)
    {
        (Width, Height) = (width, height);
        _body.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
            + $"width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" {Font}>\n<title>{Escape(title)}</title>\n"
            + $"<rect width=\"{width}\" height=\"{height}\" fill=\"{Palette.Paper}\"/>\n");
    }

    public int Width { get; }
    public int Height { get; }

    public void Line(double x1, double y1, double x2, double y2, string colour, double width = 1, string? dash = null) =>
        _body.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" y1=\"{y1:0.##}\" x2=\"{x2:0.##}\" y2=\"{y2:0.##}\" ")
            .Append(CultureInfo.InvariantCulture, $"stroke=\"{colour}\" stroke-width=\"{width:0.##}\"")
            .Append(dash is null ? "" : $" stroke-dasharray=\"{dash}\"").Append("/>\n");

    public void Rectangle(double x, double y, double width, double height, string colour, double opacity = 1)
    {
        _body.Append(CultureInfo.InvariantCulture, $"<rect x=\"{x:0.##}\" y=\"{y:0.##}\" width=\"{width:0.##}\" ")
            .Append(CultureInfo.InvariantCulture, $"height=\"{height:0.##}\" fill=\"{colour}\"");
        if (opacity < 1) _body.Append(CultureInfo.InvariantCulture, $" fill-opacity=\"{opacity:0.##}\"");
        _body.Append("/>\n");
    }

    public void Circle(double x, double y, double radius, string colour) => _body.Append(CultureInfo.InvariantCulture,
        $"<circle cx=\"{x:0.##}\" cy=\"{y:0.##}\" r=\"{radius:0.##}\" fill=\"{colour}\"/>\n");

    public void Polyline(IEnumerable<(double X, double Y)> points, string colour, double width, string? dash = null)
    {
        _body.Append("<polyline points=\"");
        Points(points);
        _body.Append(CultureInfo.InvariantCulture,
            $"\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:0.##}\" stroke-linejoin=\"round\"")
            .Append(dash is null ? "" : $" stroke-dasharray=\"{dash}\"").Append("/>\n");
    }

    public void Area(IEnumerable<(double X, double Y)> outline, string colour, double opacity)
    {
        _body.Append("<polygon points=\"");
        Points(outline);
        _body.Append(CultureInfo.InvariantCulture, $"\" fill=\"{colour}\" fill-opacity=\"{opacity:0.##}\"/>\n");
    }

    public void Text(double x, double y, string text, Anchor anchor = Anchor.Start, double size = 12,
        string colour = Palette.Ink, bool bold = false, double turnDeg = 0)
    {
        string at = anchor switch { Anchor.Middle => "middle", Anchor.End => "end", _ => "start" };
        _body.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{x:0.##}\" y=\"{y:0.##}\" text-anchor=\"{at}\" font-size=\"{size:0.##}\" fill=\"{colour}\"");
        if (bold) _body.Append(" font-weight=\"600\"");
        if (turnDeg != 0) _body.Append(CultureInfo.InvariantCulture, $" transform=\"rotate({turnDeg:0.##} {x:0.##} {y:0.##})\"");
        _body.Append('>').Append(Escape(text)).Append("</text>\n");
    }

    /// <summary>What is drawn until <see cref="EndClip"/> is cut off at this rectangle.</summary>
    public void BeginClip(double x, double y, double width, double height)
    {
        // Several drawings may stand in one page: the name must not depend on the drawing alone.
        string id = string.Create(CultureInfo.InvariantCulture, $"c{x:0}-{y:0}-{width:0}-{height:0}-{_clips++}");
        _body.Append(CultureInfo.InvariantCulture, $"<clipPath id=\"{id}\"><rect x=\"{x:0.##}\" y=\"{y:0.##}\" ")
            .Append(CultureInfo.InvariantCulture, $"width=\"{width:0.##}\" height=\"{height:0.##}\"/></clipPath>\n")
            .Append("<g clip-path=\"url(#").Append(id).Append(")\">\n");
    }

    public void EndClip() => _body.Append("</g>\n");

    /// <summary>The whole drawing.</summary>
    public override string ToString() => _body + "</svg>\n";

    private void Points(IEnumerable<(double X, double Y)> points)
    {
        foreach ((double x, double y) in points) _body.Append(CultureInfo.InvariantCulture, $"{x:0.#},{y:0.#} ");
    }

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
