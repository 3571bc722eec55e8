using System.Globalization;
using System.Text;

namespace CityBrain.Load;

/// <summary>Latency by percentile, both axes logarithmic, as an SVG that stands by itself.</summary>
internal static class LatencyPlot
{
    private const int Width = 760, Height = 420, Left = 64, Right = 130, Top = 40, Bottom = 56;
    private const double LeastMs = 0.1, MostMs = 1000, MostNines = 3;
    private static readonly string[] Colours = ["#1b6ca8", "#c25b12", "#3c7d3a", "#7a4b94"];

    public static void Write(string path, List<LatencySamples> all)
    {
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture,
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"13\">")
            .Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#fff\"/>")
            .Append("<text x=\"64\" y=\"24\" font-size=\"15\" font-weight=\"600\">Sensor's message to last command, over mosquitto</text>");
        foreach (double ms in (double[])[0.1, 1, 10, 100, 1000]) Line(svg, ms);
        foreach ((double share, string name) in ((double, string)[])[(0.5, "50 %"), (0.9, "90 %"), (0.99, "99 %"), (0.999, "99.9 %")])
            svg.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{X(share):0.0}\" y=\"{Height - Bottom + 20}\" text-anchor=\"middle\">{name}</text>");
        svg.Append(CultureInfo.InvariantCulture,
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 12}\" text-anchor=\"middle\" fill=\"#555\">share of the ticks that took no longer</text>");
        for (int i = 0; i < all.Count; i++) Curve(svg, all[i], Colours[i % Colours.Length], i);
        File.WriteAllText(path, svg.Append("</svg>\n").ToString());
    }

    private static void Line(StringBuilder svg, double ms) => svg.Append(CultureInfo.InvariantCulture,
        $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(ms):0.0}\" y2=\"{Y(ms):0.0}\" stroke=\"{(ms == 10 ? "#999" : "#ddd")}\"/>")
        .Append(CultureInfo.InvariantCulture,
            $"<text x=\"{Left - 8}\" y=\"{Y(ms) + 4:0.0}\" text-anchor=\"end\">{ms:0.#} ms</text>");

    private static void Curve(StringBuilder svg, LatencySamples s, string colour, int index)
    {
        var points = new StringBuilder();
        for (double nines = 0.05; nines <= MostNines; nines += 0.05)
        {
            double share = 1 - Math.Pow(10, -nines);
            points.Append(CultureInfo.InvariantCulture, $"{X(share):0.0},{Y(s.At(share)):0.0} ");
        }
        svg.Append(CultureInfo.InvariantCulture,
            $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>")
            .Append(CultureInfo.InvariantCulture,
                $"<text x=\"{Width - Right + 12}\" y=\"{Top + 20 + 20 * index}\" fill=\"{colour}\">{s.Rate:N0}/s</text>");
    }

    private static double X(double share) => Left + (Width - Left - Right) * Math.Min(1, -Math.Log10(1 - share) / MostNines);

    private static double Y(double ms) => Height - Bottom - (Height - Bottom - Top)
        * Math.Log10(Math.Clamp(ms, LeastMs, MostMs) / LeastMs) / Math.Log10(MostMs / LeastMs);
}
