using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>Polylines of the plane: smooth curves through points, lengths, cuts, offsets and crossings. Metres.</summary>
internal static class Curve
{
    /// <summary>
    /// A smooth line through the points (Catmull and Rom, "A class of local interpolating splines", 1974), drawn in
    /// straight pieces of about <paramref name="stepM"/>.
    /// </summary>
    public static List<Point> Through(ReadOnlySpan<(double X, double Y)> points, bool closed, double stepM = 25)
    {
        var line = new List<Point>();
        int n = points.Length, last = closed ? n : n - 1;
        for (int i = 0; i < last; i++)
        {
            Point p0 = At(points, i - 1, closed), p1 = At(points, i, closed);
            Point p2 = At(points, i + 1, closed), p3 = At(points, i + 2, closed);
            int steps = Math.Max(1, (int)(p1.DistanceTo(p2) / stepM));
            for (int k = 0; k < steps; k++) line.Add(Spline(p0, p1, p2, p3, (double)k / steps));
        }
        line.Add(closed ? line[0] : At(points, n - 1, false));
        return line;
    }

    public static double Length(List<Point> line)
    {
        double sum = 0;
        for (int i = 1; i < line.Count; i++) sum += line[i - 1].DistanceTo(line[i]);
        return sum;
    }

    /// <summary>The part of a line between two distances from its start.</summary>
    public static List<Point> Cut(List<Point> line, double fromM, double toM)
    {
        var part = new List<Point> { Along(line, fromM) };
        double at = 0;
        for (int i = 1; i < line.Count - 1; i++)
        {
            at += line[i - 1].DistanceTo(line[i]);
            if (at > fromM + 1 && at < toM - 1) part.Add(line[i]);
        }
        part.Add(Along(line, toM));
        return part;
    }

    /// <summary>The point at a distance from the start, clamped to the line.</summary>
    public static Point Along(List<Point> line, double distanceM)
    {
        for (int i = 1; i < line.Count; i++)
        {
            double piece = line[i - 1].DistanceTo(line[i]);
            if (distanceM <= piece || i == line.Count - 1)
                return Between(line[i - 1], line[i], piece > 0 ? Math.Clamp(distanceM / piece, 0, 1) : 0);
            distanceM -= piece;
        }
        return line[0];
    }

    /// <summary>The same line, so far to the right of it (negative: to the left).</summary>
    public static List<Point> Right(List<Point> line, double metres)
    {
        var result = new List<Point>(line.Count);
        for (int i = 0; i < line.Count; i++)
        {
            Point before = line[Math.Max(0, i - 1)], after = line[Math.Min(line.Count - 1, i + 1)];
            (double dx, double dy) = Direction(before, after);
            result.Add(new Point(line[i].X + dy * metres, line[i].Y - dx * metres));
        }
        return result;
    }

    public static List<Point> Reversed(List<Point> line) => [.. Enumerable.Reverse(line)];

    /// <summary>A bend from one point to another that leaves and arrives in the given directions.</summary>
    public static List<Point> Bend(Point from, (double X, double Y) leaves, Point to, (double X, double Y) arrives)
    {
        double reach = from.DistanceTo(to) * 0.4;
        var c1 = new Point(from.X + leaves.X * reach, from.Y + leaves.Y * reach);
        var c2 = new Point(to.X - arrives.X * reach, to.Y - arrives.Y * reach);
        var line = new List<Point>();
        for (int k = 0; k <= 6; k++)
        {
            double t = k / 6.0, u = 1 - t;
            double a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
            line.Add(new Point(a * from.X + b * c1.X + c * c2.X + d * to.X, a * from.Y + b * c1.Y + c * c2.Y + d * to.Y));
        }
        return line;
    }

    /// <summary>Where two lines cross, as distances from their starts.</summary>
    public static IEnumerable<(double A, double B)> Crossings(List<Point> a, List<Point> b)
    {
        double alongA = 0;
        for (int i = 1; i < a.Count; i++)
        {
            double alongB = 0, pieceA = a[i - 1].DistanceTo(a[i]);
            for (int k = 1; k < b.Count; k++)
            {
                double pieceB = b[k - 1].DistanceTo(b[k]);
                if (Cross(a[i - 1], a[i], b[k - 1], b[k], out double s, out double t))
                    yield return (alongA + s * pieceA, alongB + t * pieceB);
                alongB += pieceB;
            }
            alongA += pieceA;
        }
    }

    public static (double X, double Y) Direction(Point from, Point to)
    {
        double length = from.DistanceTo(to);
        return length > 0 ? ((to.X - from.X) / length, (to.Y - from.Y) / length) : (1, 0);
    }

    private static bool Cross(Point a, Point b, Point c, Point d, out double s, out double t)
    {
        double rx = b.X - a.X, ry = b.Y - a.Y, qx = d.X - c.X, qy = d.Y - c.Y;
        double area = rx * qy - ry * qx;
        s = t = 0;
        if (area == 0) return false;
        s = ((c.X - a.X) * qy - (c.Y - a.Y) * qx) / area;
        t = ((c.X - a.X) * ry - (c.Y - a.Y) * rx) / area;
        return s >= 0 && s < 1 && t >= 0 && t < 1;
    }

    private static Point Between(Point a, Point b, double share) =>
        new(a.X + (b.X - a.X) * share, a.Y + (b.Y - a.Y) * share);

    private static Point At(ReadOnlySpan<(double X, double Y)> points, int i, bool closed)
    {
        int n = points.Length;
        (double x, double y) = points[closed ? (i + n) % n : Math.Clamp(i, 0, n - 1)];
        return new Point(x, y);
    }

    private static Point Spline(Point p0, Point p1, Point p2, Point p3, double t)
    {
        return new Point(Blend(p0.X, p1.X, p2.X, p3.X, t), Blend(p0.Y, p1.Y, p2.Y, p3.Y, t));

        static double Blend(double a, double b, double c, double d, double t) =>
            0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t);
    }
}
