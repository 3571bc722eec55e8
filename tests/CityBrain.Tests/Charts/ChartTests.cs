using System.Xml.Linq;
using CityBrain.Charts;

namespace CityBrain.Tests.Charts;

/// <summary>Drawings stand alone: well-formed, nothing fetched, everything inside the frame, text as it was given.</summary>
public class ChartTests
{
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    [Theory]
    [InlineData(0, 1, "0 0.2 0.4 0.6 0.8 1")]
    [InlineData(0, 300, "0 100 200 300")]
    [InlineData(960, 970, "960 962 964 966 968 970")]
    [InlineData(-1, 1, "-1 -0.5 0 0.5 1")]
    public void Ticks_are_round_and_inside(double from, double to, string ticks) =>
        Assert.Equal(ticks, string.Join(' ', new Scale(from, to, 0, 100).Ticks(5).Select(Scale.Label)));

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(97)]
    [InlineData(1472)]
    public void A_scale_from_zero_holds_its_greatest_value(double greatest)
    {
        Scale scale = Scale.FromZero(greatest, 10, 110);
        Assert.InRange(scale.At(greatest), 10, 110.001);
        Assert.Equal(10, scale.At(0));
    }

    [Fact]
    public void A_delay_chart_draws_every_policy_at_its_length()
    {
        XDocument svg = Parse(DelayChart.Draw("<town> & seeds", [
            new("slow", 100, 90, 110, 200), new("fast", 50, 50, 50, 80)]));
        Assert.Contains(svg.Descendants(Svg + "text"), t => t.Value == "<town> & seeds");
        double[] bars = [.. svg.Descendants(Svg + "rect")
            .Where(r => (double)r.Attribute("height")! == 30).Select(r => (double)r.Attribute("width")!)];
        Assert.Equal(2, bars.Length);
        Assert.Equal(2, bars[0] / bars[1], 2);
    }

    [Fact]
    public void Lines_and_bands_of_no_time_at_all_are_drawn_too()
    {
        Parse(LineChart.Draw("t", "s", "x", "y", [new("one", [(0, 0)])]));
        Parse(LineChart.Draw("t", "s", "x", "y", []));
        Assert.Single(Parse(LineChart.Draw("t", "s", "x", "y",
            [new("a", [(0, 1), (1, 2)], [(0, 0, 2), (1, 1, 3)])])).Descendants(Svg + "polygon"));
    }

    [Fact]
    public void A_time_space_diagram_draws_signals_in_their_window_and_vehicles_without_needless_points()
    {
        List<(double, double)> even = [.. Enumerable.Range(0, 100).Select(s => ((double)s, 10.0 * s))];
        XDocument svg = Parse(TimeSpaceChart.Draw("t", "s", 0, 100, 1000,
            [new("stop", 500, [new(-50, 20, "#0f0"), new(20, 150, "#f00"), new(150, 160, "#0f0")])], [even]));
        Assert.Equal(2, svg.Descendants(Svg + "rect").Count(r => (string)r.Attribute("fill")! is "#0f0" or "#f00"));
        string way = (string)svg.Descendants(Svg + "polyline").Single().Attribute("points")!;
        Assert.InRange(way.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length, 2, 6);
    }

    [Fact]
    public void A_page_escapes_its_texts_and_fetches_nothing()
    {
        var page = new HtmlPage("a <b> & c", "sub");
        page.Table(["x", "y"], [["<script>", "1"]]);
        string html = page.ToString();
        Assert.DoesNotContain("<script>", html);
        Assert.Contains("a &lt;b&gt; &amp; c", html);
        Assert.DoesNotMatch("(src|href|@import|url\\()", html);
    }

    private static XDocument Parse(string svg)
    {
        XDocument document = XDocument.Parse(svg);
        Assert.DoesNotContain("href", svg);
        Assert.DoesNotContain("NaN", svg);
        Assert.DoesNotContain("∞", svg);
        return document;
    }
}
