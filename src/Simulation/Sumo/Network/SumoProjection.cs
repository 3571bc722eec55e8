using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>
/// Where on earth the network's (0, 0) lies, for networks in UTM on WGS 84. Inverse transverse Mercator after
/// Snyder, "Map Projections: A Working Manual", USGS 1395, pages 63-64.
/// </summary>
internal static class SumoProjection
{
    private const double A = 6378137.0, F = 1 / 298.257223563, K0 = 0.9996, E2 = F * (2 - F), Ep2 = E2 / (1 - E2);

    public static GeoOrigin? OriginOf(string? projection, (double X, double Y) netOffset)
    {
        if (projection is null || !projection.Contains("+proj=utm", StringComparison.Ordinal)) return null;
        int at = projection.IndexOf("+zone=", StringComparison.Ordinal);
        if (at < 0 || !int.TryParse(projection[(at + 6)..].Split(' ')[0], out int zone)) return null;
        bool south = projection.Contains("+south", StringComparison.Ordinal);
        return Inverse(-netOffset.X, -netOffset.Y - (south ? 10_000_000 : 0), zone);
    }

    private static GeoOrigin Inverse(double easting, double northing, int zone)
    {
        double x = easting - 500_000, m = northing / K0;
        double mu = m / (A * (1 - E2 / 4 - 3 * E2 * E2 / 64 - 5 * E2 * E2 * E2 / 256));
        double e1 = (1 - Math.Sqrt(1 - E2)) / (1 + Math.Sqrt(1 - E2));
        double phi = mu + (3 * e1 / 2 - 27 * e1 * e1 * e1 / 32) * Math.Sin(2 * mu)
            + (21 * e1 * e1 / 16 - 55 * Math.Pow(e1, 4) / 32) * Math.Sin(4 * mu)
            + 151 * e1 * e1 * e1 / 96 * Math.Sin(6 * mu) + 1097 * Math.Pow(e1, 4) / 512 * Math.Sin(8 * mu);
        double sin = Math.Sin(phi), cos = Math.Cos(phi), tan = Math.Tan(phi);
        double c = Ep2 * cos * cos, t = tan * tan, q = 1 - E2 * sin * sin;
        double n = A / Math.Sqrt(q), r = A * (1 - E2) / Math.Pow(q, 1.5), d = x / (n * K0);
        double latitude = phi - n * tan / r * (d * d / 2
            - (5 + 3 * t + 10 * c - 4 * c * c - 9 * Ep2) * Math.Pow(d, 4) / 24
            + (61 + 90 * t + 298 * c + 45 * t * t - 252 * Ep2 - 3 * c * c) * Math.Pow(d, 6) / 720);
        double longitude = (d - (1 + 2 * t + c) * d * d * d / 6
            + (5 - 2 * c + 28 * t - 3 * c * c + 8 * Ep2 + 24 * t * t) * Math.Pow(d, 5) / 120) / cos;
        double Degrees(double radians) => Math.Round(radians * 180 / Math.PI, 7);
        return new GeoOrigin(Degrees(latitude), Degrees(longitude) + zone * 6 - 183);
    }
}
