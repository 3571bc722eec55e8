using System.Globalization;
using CityBrain.Engine.Measures;
using CityBrain.Model.HiRes;

namespace CityBrain.Engine.Tests.Measures;

/// <summary>
/// Hand-made logs: "12:00:01.5 82 4" is a detector 4 on at that time of 2024-04-15, on device 0.
/// </summary>
internal static class Logs
{
    private static readonly long Day = Ms(new DateTime(2024, 4, 15));

    public static long At(string time) =>
        Day + (long)TimeSpan.Parse(time, CultureInfo.InvariantCulture).TotalMilliseconds;

    public static HiResEvent[] Read(string text)
    {
        var events = new List<HiResEvent>();
        foreach (string line in text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            for (int i = 1; i + 1 < fields.Length; i += 2)
            {
                events.Add(new HiResEvent(
                    At(fields[0]), 0, ushort.Parse(fields[i]), ushort.Parse(fields[i + 1])));
            }
        }

        events.Sort();
        return [.. events];
    }

    /// <summary>
    /// The rows of one measure over a log, as the text of their cells: time, then the columns.
    /// </summary>
    public static string[] Rows(
        string measure, string log, string detectors = "", string settings = "", int binMinutes = 15) =>
        Rows(measure, Read(log), detectors, settings, binMinutes);

    public static string[] Rows(
        string measure, HiResEvent[] log, string detectors = "", string settings = "", int binMinutes = 15)
    {
        MeasureDefinition definition = MeasureCatalog.Find(measure)!;
        var rows = new RowList();
        var run = new MeasureRun(Plan(detectors, settings, binMinutes, (definition, rows)));
        run.Accept(log);
        run.Finish();
        return [.. rows.Rows.Select(r => Text(definition.Schema, r))];
    }

    public static MeasurePlan Plan(
        string detectors, string settings, int binMinutes, params (MeasureDefinition, IRowSink)[] measures)
    {
        var chosen = new MeasureSettings();
        foreach (string setting in settings.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = setting.Split('.', '=');
            double[] values = [.. setting[(setting.IndexOf('=') + 1)..].Split(',').Select(double.Parse)];
            string? wrong = chosen.TrySet(parts[0], parts[1], values);
            if (wrong is not null)
            {
                throw new ArgumentException(wrong);
            }
        }

        return new MeasurePlan(new BinSize(binMinutes * 60_000), Detectors(detectors), chosen, measures);
    }

    /// <summary>"2>6 Advance" is detector 2 serving phase 6 of device 0; parted by commas.</summary>
    public static DetectorTable Detectors(string text) => new(
        text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(line =>
        {
            string[] parts = line.Split('>', ' ');
            return new DetectorAssignment(
                0, ushort.Parse(parts[1]), ushort.Parse(parts[0]), Enum.Parse<DetectorFunction>(parts[2]));
        }));

    public static string Text(RowSchema schema, MeasureRow row) =>
        string.Join(' ', schema.Columns.Where(c => c.Kind != ColumnKind.Device).Select(c => c.Kind switch
        {
            ColumnKind.Time => Clock(c.Slot < 0 ? row.TimeMs : row[c.Slot]),
            ColumnKind.Real => row.Real(c.Slot).ToString("0.######"),
            ColumnKind.Flag => row[c.Slot] != 0 ? "valid" : "invalid",
            ColumnKind.Label => c.Labels![(int)row[c.Slot]].Replace(' ', '_'),
            _ => row[c.Slot] == MeasureRow.None ? "-" : row[c.Slot].ToString(),
        }));

    private static string Clock(long timeMs)
    {
        TimeSpan time = TimeSpan.FromMilliseconds(timeMs - Day);
        return time.Ticks % TimeSpan.TicksPerMinute == 0
            ? time.ToString(@"hh\:mm")
            : time.ToString(@"hh\:mm\:ss\.f");
    }

    private static long Ms(DateTime time) => (time.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
}
