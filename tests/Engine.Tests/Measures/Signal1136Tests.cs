using System.Globalization;
using System.IO.Compression;
using CityBrain.Engine.Measures;
using CityBrain.Model.HiRes;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Engine.Tests.Measures;

/// <summary>Two hours of a real signal, 2024-04-15 12:00 to 14:00.</summary>
public class Signal1136Tests
{
    private const string Detectors = "2>2 Advance,4>2 Presence,15>5 Advance,27>5 Presence,16>6 Advance,"
        + "17>6 Advance,37>6 Presence,46>6 YellowRed,57>6 Presence,8>8 Advance,22>8 Advance,23>8 Advance,"
        + "25>8 Presence,26>8 Presence";

    private static readonly Lazy<HiResEvent[]> Log = new(Read);

    [RealPartFact("shared")]
    public void TotalsAddUpToTheEventsOfTheLog()
    {
        Assert.Equal(Count(82), Sum("actuations", slot: 1));
        Assert.Equal(Count(4) + Count(5) + Count(6), Sum("terminations", slot: 2));
        Assert.Equal(Log.Value.Count(e => e.EventId is >= 300 and <= 317), Sum("splits", slot: 1));
        Assert.Equal(Count(21) + Count(67), Sum("ped", slot: 1));
        Assert.Equal(Count(90), Sum("ped", slot: 2));
        Assert.Equal(
            Log.Value.Count(e => e.EventId == 82 && e.Parameter is 2 or 15 or 16 or 17 or 8 or 22 or 23),
            Sum("arrival_on_green", slot: 1));
        Assert.Equal(8, Rows("has_data").Length);
        Assert.Equal(8, Rows("coordination").Length);
    }

    /// <summary>351 begins, the last still open; 348 ends, the first of a green before the log.</summary>
    [RealPartFact("shared")]
    public void EveryGreenOfTheLogButTheOneCutOffIsInTheTimeline()
    {
        string[] greens = [.. Rows("timeline").Where(r => r.Contains(" Green ") && !r.Contains("Overlap"))];
        Assert.Equal(Count(1) - 1, greens.Length);
        Assert.Equal(Count(7) - 1, greens.Count(r => r.Contains(" valid ")));
    }

    /// <summary>
    /// By hand from the rows of phase 8 and detectors 25 and 26 (OR-ed): greens 12:01:15.6 to :21.6,
    /// 12:02:43.2
    /// to :50.2 and 12:04:04.0 to :20.8. In the first, 26 is on for 1.2 s of 6.0. In the second, 26 is on
    /// until
    /// :47.9, 4.7 s of 7.0. In the third 26 is on until :06.8, :07.8 to :09.3, :10.0 to :11.9, :13.0 to :14.5
    /// and
    /// :15.3 to :16.6; 25 goes on at :09.7, :12.3, :15.5 and :17.2 without going off, which closes it at
    /// :11.0 and
    /// :13.9 but not at :17.2, and off at :20.3: 2.8 + 1.5 + 2.2 + 2.2 + 5.0 = 13.7 s of 16.8. No red is
    /// occupied.
    /// The calls before these greens that no other call follows: 12:01:10.0, 12:02:09.2 and 12:03:01.5.
    /// Arrivals at 8, 22 and 23 to 12:05: 12:02:34.0, :55.6, 12:03:04.9, :19.0, :32.1, 12:04:07.1 (green),
    /// :28.7.
    /// </summary>
    [RealPartFact("shared")]
    public void FiveMinutesOfPhaseEightByHand()
    {
        double green = (6.0 + 7.0 + 16.8) / 3;
        double occupied = ((1.2 / 6.0) + (4.7 / 7.0) + (13.7 / 16.8)) / 3;
        double wait = (5.6 + 34.0 + 62.5) / 3;
        Assert.Equal(
            $"12:00 8 {green:0.######} {occupied:0.######} 0 0", Rows("split_failures", 5).First(r => r.StartsWith("12:00 8")));
        Assert.Equal($"12:00 8 {wait:0.######} 0", Rows("phase_wait", 5).First(r => r.StartsWith("12:00 8")));
        Assert.Equal(
            $"12:00 8 7 {1 / 7.0:0.######}", Rows("arrival_on_green", 5).First(r => r.StartsWith("12:00 8")));
    }

    /// <summary>By hand: pushes 12:49:41.0, 13:07:06.2, :07.8, 13:13:32.3, :33.7; walks 12:50:29.3,
    /// 13:08:01.1,
    /// 13:14:20.5. Waits 48.3, 54.9 and 48.2 s. Unique: 13:07:06.2 and 13:13:32.3; the first of a log is
    /// not.</summary>
    [RealPartFact("shared")]
    public void PedestriansOfTheLogByHand()
    {
        Assert.Equal(["12:45 6 1 1 0", "13:00 6 2 4 2"], Rows("ped"));
        Assert.Equal(["12:45 6 48.3 1", "13:00 6 51.55 2"], Rows("ped_delay"));
    }

    /// <summary>
    /// The hour from 12:00, written down after the same was found by SQL over the same file.
    /// </summary>
    [RealPartFact("shared")]
    public void TheHourFromNoon()
    {
        Assert.Equal(
            [
                "12:00 2 80 0.8625", "12:00 5 47 0.255319", "12:00 6 212 0.613208", "12:00 8 26 0.423077",
                "12:15 2 94 0.744681", "12:15 5 39 0.179487", "12:15 6 189 0.582011", "12:15 8 35 0.542857",
                "12:30 2 96 0.739583", "12:30 5 45 0.244444", "12:30 6 219 0.593607", "12:30 8 31 0.548387",
                "12:45 2 94 0.808511", "12:45 5 40 0.15", "12:45 6 200 0.53", "12:45 8 54 0.537037",
            ],
            Hour("arrival_on_green"));
        Assert.Equal(
            [
                "12:00 2 88.114286 0.136082 0.002857 0", "12:00 5 11.177778 0.707549 0.1 0",
                "12:00 6 41.441667 0.533685 0.423333 2", "12:00 8 10.4625 0.571365 0.0225 0",
                "12:15 2 51.233333 0.232449 0 0", "12:15 5 10.391667 0.75524 0.083333 0",
                "12:15 6 35.341667 0.626209 0.33 1", "12:15 8 12.008333 0.666864 0.086667 1",
                "12:30 2 69.933333 0.213192 0 0", "12:30 5 11.127273 0.692406 0.256364 0",
                "12:30 6 40.316667 0.576006 0.411667 0", "12:30 8 12.775 0.682384 0.01 0",
                "12:45 2 64.945455 0.214963 0 0", "12:45 5 10.266667 0.763727 0 0",
                "12:45 6 38.825 0.553353 0.515 0", "12:45 8 12.254545 0.572213 0.129091 0",
            ],
            Hour("split_failures"));
        Assert.Equal(
            [
                "12:00 2 GapOut 3", "12:00 5 ForceOff 4", "12:00 5 GapOut 6", "12:00 6 ForceOff 12",
                "12:00 6 GapOut 1", "12:00 8 ForceOff 1", "12:00 8 GapOut 7", "12:15 2 GapOut 1",
                "12:15 5 ForceOff 2", "12:15 5 GapOut 10", "12:15 6 ForceOff 12", "12:15 8 GapOut 12",
                "12:30 2 GapOut 1", "12:30 5 ForceOff 5", "12:30 5 GapOut 6", "12:30 6 ForceOff 11",
                "12:30 8 GapOut 9", "12:45 5 ForceOff 2", "12:45 5 GapOut 10", "12:45 6 ForceOff 12",
                "12:45 8 GapOut 11",
            ],
            Hour("terminations"));
    }

    /// <summary>
    /// The hour from 12:00 as a plain script counts it, line by line, knowing nothing of this code (minute of the bin, detector
    /// or event, number, mean parameter):
    /// <code>
    /// zcat signal_1136.csv.gz | sort -u | awk -F'[ :,]' '$2 == 12 &amp;&amp; $6 == 82
    ///   { n[15 * int($3 / 15) " " $7]++ } END { for (k in n) print k, n[k] }'
    /// zcat signal_1136.csv.gz | sort -u | awk -F'[ :,]' '$2 == 12 &amp;&amp; $6 >= 300 &amp;&amp; $6 &lt;= 317
    ///   { k = 15 * int($3 / 15) " " $6; n[k]++; s[k] += $7 } END { for (k in n) print k, n[k], s[k] / n[k] }'
    /// </code>
    /// </summary>
    [RealPartFact("shared")]
    public void TheHourFromNoonAsAPlainScriptCountsIt()
    {
        Assert.Equal(
            [
                "12:00 15 47", "12:00 16 127", "12:00 17 85", "12:00 18 173", "12:00 19 96", "12:00 2 80",
                "12:00 20 120", "12:00 22 7", "12:00 23 3", "12:00 24 14", "12:00 25 38", "12:00 26 35",
                "12:00 27 44", "12:00 3 77", "12:00 37 83", "12:00 4 77", "12:00 42 77", "12:00 46 93",
                "12:00 57 105", "12:00 58 95", "12:00 59 42", "12:00 8 16", "12:00 9 17", "12:15 15 39",
                "12:15 16 114", "12:15 17 75", "12:15 18 164", "12:15 19 78", "12:15 2 94", "12:15 20 121",
                "12:15 22 12", "12:15 23 6", "12:15 24 28", "12:15 25 55", "12:15 26 46", "12:15 27 40",
                "12:15 3 88", "12:15 37 70", "12:15 4 89", "12:15 42 87", "12:15 46 75", "12:15 57 94",
                "12:15 58 81", "12:15 59 37", "12:15 8 17", "12:15 9 19", "12:30 15 45", "12:30 16 130",
                "12:30 17 89", "12:30 18 194", "12:30 19 94", "12:30 2 96", "12:30 20 142", "12:30 22 10",
                "12:30 23 5", "12:30 24 19", "12:30 25 45", "12:30 26 30", "12:30 27 42", "12:30 3 97",
                "12:30 37 83", "12:30 4 94", "12:30 42 95", "12:30 46 89", "12:30 57 114", "12:30 58 95",
                "12:30 59 49", "12:30 8 16", "12:30 9 20", "12:45 15 40", "12:45 16 110", "12:45 17 90",
                "12:45 18 166", "12:45 19 94", "12:45 2 94", "12:45 20 112", "12:45 22 13", "12:45 23 8",
                "12:45 24 20", "12:45 25 44", "12:45 26 37", "12:45 27 35", "12:45 3 89", "12:45 37 85",
                "12:45 4 90", "12:45 42 89", "12:45 46 89", "12:45 57 93", "12:45 58 100", "12:45 59 44",
                "12:45 8 33", "12:45 9 33",
            ],
            Hour("actuations"));
        Assert.Equal(
            [
                "12:00 301 8 96.25", "12:00 304 10 16.8", "12:00 305 13 46", "12:00 307 8 15.5",
                "12:00 316 12 75", "12:15 301 12 56.333333", "12:15 304 12 15.5", "12:15 305 12 40.5",
                "12:15 307 12 17", "12:15 316 12 75", "12:30 301 9 75", "12:30 304 11 16.545455",
                "12:30 305 12 45.333333", "12:30 307 9 17.444444", "12:30 316 12 75", "12:45 301 11 70",
                "12:45 304 12 15.25", "12:45 305 12 43.833333", "12:45 307 11 17.181818",
                "12:45 316 12 75",
            ],
            Hour("splits"));
    }

    private static string[] Rows(string measure, int binMinutes = 15) =>
        Logs.Rows(measure, Log.Value, Detectors, "", binMinutes);

    private static string[] Hour(string measure) =>
        [.. Rows(measure).Where(r => r.StartsWith("12:")).Order(StringComparer.Ordinal)];

    private static int Count(int id) => Log.Value.Count(e => e.EventId == id);

    private static long Sum(string measure, int slot)
    {
        var rows = new RowList();
        var run = new MeasureRun(Logs.Plan(Detectors, "", 15, (MeasureCatalog.Find(measure)!, rows)));
        run.Accept(Log.Value);
        run.Finish();
        return rows.Rows.Sum(r => r[slot]);
    }

    /// <summary>A second, plain reading of the file: text by lines.</summary>
    private static HiResEvent[] Read()
    {
        string path = Path.Combine(RealPart.Shared!, "data", "hires", "signal_1136.csv.gz");
        using var text = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        text.ReadLine();
        var events = new HashSet<HiResEvent>();
        while (text.ReadLine() is { } line)
        {
            string[] fields = line.Split(',');
            DateTime time = DateTime.Parse(fields[0], CultureInfo.InvariantCulture);
            events.Add(new HiResEvent(
                (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond, 0,
                ushort.Parse(fields[2]), ushort.Parse(fields[3])));
        }

        return [.. events.Order()];
    }
}
