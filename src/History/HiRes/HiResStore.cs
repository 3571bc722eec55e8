using System.Globalization;
using CityBrain.History.Arrow;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Imported logs on disk: an Arrow file per day, <c>2024-04-15.arrow</c>, with the columns TimeStamp,
/// DeviceId,
/// EventId and Parameter, in order of time, device id, event and parameter, no event twice. A day's file is
/// thus made by its events alone, whatever files they came in and how often.
/// </summary>
public sealed class HiResStore
{
    internal const int RowsOfBatch = 1 << 16;
    private const string Ending = ".arrow";
    private const string DayForm = "yyyy-MM-dd";

    public HiResStore(string directory) => Directory = directory;

    public string Directory { get; }

    /// <summary>The detector table kept with the logs; it may not be there.</summary>
    public string DetectorsPath => Path.Combine(Directory, "detectors.csv");

    /// <summary>Whether a directory holds imported logs.</summary>
    public static bool IsAt(string directory) =>
        System.IO.Directory.Exists(directory) && new HiResStore(directory).Days().Length > 0;

    /// <summary>The days held, by the ms of their midnights, in order.</summary>
    public long[] Days()
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return [];
        }

        return [.. System.IO.Directory.EnumerateFiles(Directory, "*" + Ending)
            .Select(path => DayOf(Path.GetFileNameWithoutExtension(path)))
            .OfType<long>()
            .Order()];
    }

    /// <summary>
    /// Opens the events of the days that begin within a time, all of them by default, in order. The devices are entered
    /// at once, ordered by id, so that the events are in the order of <see cref="HiResEvent.CompareTo"/> when the
    /// directory was empty.
    /// </summary>
    /// <param name="devices">Where the devices are entered.</param>
    /// <param name="fromMs">Days that begin before this are left out, milliseconds since 1970.</param>
    /// <param name="toMs">So are days that begin after this.</param>
    /// <exception cref="ArrowFormatException">A day's file is broken.</exception>
    public IEnumerable<ReadOnlyMemory<HiResEvent>> Open(
        DeviceDirectory devices, long fromMs = long.MinValue, long toMs = long.MaxValue)
    {
        long[] days = [.. Days().Where(d => d >= fromMs && d <= toMs)];
        Enter(days, devices);
        return Events(days, devices);
    }

    internal static ArrowSchema Schema(IReadOnlyList<string> devices) => new(
        new ArrowField("TimeStamp", ArrowType.TimestampMilli),
        new ArrowField("DeviceId", ArrowType.DictionaryUtf8, false, devices),
        new ArrowField("EventId", ArrowType.UInt16),
        new ArrowField("Parameter", ArrowType.UInt16));

    internal string PathOf(long dayMs) => Path.Combine(
        Directory,
        DateTime.UnixEpoch.AddMilliseconds(dayMs).ToString(DayForm, CultureInfo.InvariantCulture) + Ending);

    /// <summary>The events of a batch; the array grows when it must. Returns how many.</summary>
    internal static int Events(ArrowBatch batch, DeviceDirectory devices, ref HiResEvent[] events)
    {
        if (batch.Columns.Count != 4 || batch.Columns[1].Field.Dictionary is not { } names
            || batch.Columns[0].Field.Type != ArrowType.TimestampMilli
            || batch.Columns[2].Field.Type != ArrowType.UInt16
            || batch.Columns[3].Field.Type != ArrowType.UInt16)
        {
            throw new ArrowFormatException("not the columns of imported logs");
        }

        if (events.Length < batch.Length)
        {
            events = new HiResEvent[batch.Length];
        }

        int[] indices = [.. names.Select(devices.IndexOf)];
        ReadOnlySpan<long> times = batch.Columns[0].Span<long>();
        ReadOnlySpan<int> devicesOfRows = batch.Columns[1].Span<int>();
        ReadOnlySpan<ushort> ids = batch.Columns[2].Span<ushort>();
        ReadOnlySpan<ushort> parameters = batch.Columns[3].Span<ushort>();
        for (int row = 0; row < batch.Length; row++)
        {
            events[row] = new HiResEvent(times[row], indices[devicesOfRows[row]], ids[row], parameters[row]);
        }

        return batch.Length;
    }

    private IEnumerable<ReadOnlyMemory<HiResEvent>> Events(long[] days, DeviceDirectory devices)
    {
        HiResEvent[] events = [];
        foreach (long day in days)
        {
            using ArrowFile file = ArrowFile.Open(PathOf(day));
            for (int i = 0; i < file.Batches; i++)
            {
                int count = Events(file.Read(i), devices, ref events);
                yield return events.AsMemory(0, count);
            }
        }
    }

    private void Enter(long[] days, DeviceDirectory devices)
    {
        var all = new DeviceDirectory();
        foreach (long day in days)
        {
            using ArrowFile file = ArrowFile.Open(PathOf(day));
            foreach (string name in file.Schema.Fields.SelectMany(f => f.Dictionary ?? []))
            {
                all.IndexOf(name);
            }
        }

        foreach (int index in all.InOrder())
        {
            devices.IndexOf(all[index]);
        }
    }

    private static long? DayOf(string name) =>
        DateTime.TryParseExact(
            name, DayForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime day)
            ? (day.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond
            : null;
}
