using System.Globalization;

namespace CityBrain.Load;

/// <summary>Milliseconds in rows: of half a second up to five, and wider ones above.</summary>
internal static class Histogram
{
    private const int Columns = 50;
    private static readonly int[] Edges = [.. Enumerable.Range(0, 11).Select(n => n * 500), 7_000, 10_000, 15_000, 20_000, 30_000, 45_000, 60_000, 90_000];

    public static void Print(TextWriter to, string title, List<long> ms)
    {
        if (ms.Count == 0) return;
        long[] sorted = [.. ms.Order()];
        long At(double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{title}: {ms.Count}; p50 {At(0.5)} ms, p99 {At(0.99)} ms, most {sorted[^1]} ms"));
        var counts = new int[Edges.Length];
        foreach (long x in sorted) counts[Array.FindLastIndex(Edges, e => e <= x)]++;
        double scale = Math.Min(1, (double)Columns / counts.Max());
        for (int r = Array.FindIndex(counts, c => c > 0); r <= Array.FindLastIndex(counts, c => c > 0); r++)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  from {Edges[r] / 1000.0,4:0.0} s  {counts[r],4}  {new string('#', (int)Math.Ceiling(counts[r] * scale))}"));
    }
}
