using System.Globalization;

namespace CityBrain.Load;

/// <summary>Milliseconds as rows of half a second.</summary>
internal static class Histogram
{
    private const int RowMs = 500, MostRows = 24, Columns = 50;

    public static void Print(TextWriter to, string title, List<long> ms)
    {
        if (ms.Count == 0) return;
        long[] sorted = [.. ms.Order()];
        long At(double share) => sorted[Math.Clamp((int)Math.Ceiling(share * sorted.Length) - 1, 0, sorted.Length - 1)];
        to.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{title}: {ms.Count}; p50 {At(0.5)} ms, p99 {At(0.99)} ms, most {sorted[^1]} ms"));
        int rows = (int)Math.Min(MostRows, sorted[^1] / RowMs + 1);
        var counts = new int[rows];
        foreach (long x in sorted) counts[Math.Min(rows - 1, x / RowMs)]++;
        double scale = Math.Min(1, (double)Columns / counts.Max());
        for (int r = (int)(sorted[0] / RowMs); r < rows; r++)
            to.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {(r == MostRows - 1 ? "from " : "")}{r * RowMs / 1000.0:0.0} s  {counts[r],4}  {new string('#', (int)Math.Ceiling(counts[r] * scale))}"));
    }
}
