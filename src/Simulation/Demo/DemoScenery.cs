using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>The river, the parks and the lanes without signals of the demo city.</summary>
internal static class DemoScenery
{
    private static readonly List<Point> River = Curve.Through(StreetMap.River, false);

    private static readonly (string Name, string Chinese, (double X, double Y)[] Points)[] Parks =
    [
        ("Lantern Park", "灯笼公园", [(340, 590), (500, 585), (520, 640), (515, 735), (440, 745), (330, 735), (310, 660)]),
        ("Temple Garden", "寺庙花园", [(30, 175), (220, 200), (225, 300), (150, 320), (40, 305)]),
        ("West Meadows", "西草地", [(-1170, 380), (-1000, 240), (-965, 330), (-930, 440), (-1060, 500), (-1160, 500)]),
        ("Botanic Garden", "植物园", [(-880, -195), (-740, -255), (-685, -310), (-665, -455), (-850, -420), (-900, -300)]),
        ("Hill Forest", "山林", [(-1900, -1000), (-1700, -1010), (-1500, -1150), (-1560, -1300), (-1760, -1420),
            (-1980, -1390), (-2080, -1180)]),
        ("Fairground", "游乐场", [(650, -1130), (800, -1090), (930, -1080), (1050, -1190), (1000, -1330), (770, -1430),
            (590, -1350)]),
        ("Dockside Green", "码头绿地", [(1420, 60), (1690, 20), (1700, 230), (1560, 260), (1420, 270)]),
        ("North Common", "北公地", [(160, 1230), (520, 1180), (760, 1150), (860, 1260), (720, 1420), (200, 1520), (120, 1400)]),
    ];

    public static double RiverY(double x)
    {
        for (int i = 1; i < River.Count; i++)
        {
            if (River[i].X < x) continue;
            double share = (x - River[i - 1].X) / (River[i].X - River[i - 1].X);
            return River[i - 1].Y + share * (River[i].Y - River[i - 1].Y);
        }
        return River[^1].Y;
    }

    public static Scenery Draw()
    {
        var shapes = new List<SceneryShape> { new(SceneryKind.Water, "Lan River", "蓝河", [.. RiverOutline()]) };
        foreach (var park in Parks)
            shapes.Add(new(SceneryKind.Park, park.Name, park.Chinese, [.. Curve.Through(park.Points, true, 15)]));
        return new Scenery([.. shapes],
            [.. StreetMap.Streets.Select(s => new PlaceName(s.Name, s.Chinese))],
            [.. StreetMap.Districts.Select(d => new PlaceName(d.Name, d.Chinese))]);
    }

    /// <summary>Down one bank and up the other; the river widens on its way.</summary>
    private static IEnumerable<Point> RiverOutline()
    {
        var banks = new List<Point>[] { [], [] };
        List<Point> river = [Beyond(DemoScenery.River[1], DemoScenery.River[0]), .. DemoScenery.River,
            Beyond(DemoScenery.River[^2], DemoScenery.River[^1])];
        for (int i = 0; i < river.Count; i++)
        {
            double share = (double)i / (river.Count - 1);
            double half = StreetMap.RiverHalfWestM + share * (StreetMap.RiverHalfEastM - StreetMap.RiverHalfWestM);
            Point before = river[Math.Max(0, i - 1)], after = river[Math.Min(river.Count - 1, i + 1)];
            (double dx, double dy) = Curve.Direction(before, after);
            banks[0].Add(new Point(river[i].X - dy * half, river[i].Y + dx * half));
            banks[1].Add(new Point(river[i].X + dy * half, river[i].Y - dx * half));
        }
        return banks[0].Concat(Enumerable.Reverse(banks[1]));
    }

    /// <summary>A river does not end where a map does: a point some way on in the same direction.</summary>
    private static Point Beyond(Point before, Point end)
    {
        const double farM = 6000;
        (double dx, double dy) = Curve.Direction(before, end);
        return new Point(end.X + farM * dx, end.Y + farM * dy);
    }
}
