using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>Tells of rows that could not be read.</summary>
internal static class BadRowReport
{
    private const int Told = 10;

    public static void Write(BadRows bad, TextWriter progress)
    {
        foreach (BadRow row in bad.First.Take(Told))
        {
            progress.WriteLine($"{row.Source}:{row.Line}: {row.Reason}");
        }

        if (bad.Count > 0)
        {
            progress.WriteLine($"{bad.Count:N0} bad rows left out");
        }
    }

    public static IEnumerable<object> Summary(BadRows bad) =>
        bad.First.Take(Told).Select(b => new { source = b.Source, line = b.Line, reason = b.Reason });
}
