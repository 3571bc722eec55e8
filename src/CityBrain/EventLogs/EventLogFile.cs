using System.Globalization;
using System.IO.Compression;
using CityBrain.Engine.EventLog;
using CityBrain.History.HiRes;
using CityBrain.Model;
using CityBrain.Model.HiRes;

namespace CityBrain.EventLogs;

/// <summary>
/// Gathers a run's high-resolution events in memory (16 bytes each) and writes them in order of time as CSV, packed when
/// the name ends in .gz, with the detector table beside it. Times are the feed's clock from 1970-01-01 on.
/// </summary>
internal sealed class EventLogFile
{
    private static readonly string[] Functions = ["Presence", "Advance", "Yellow_Red", "stop bar count"];

    private readonly City _city;
    private readonly HiResLog _events = new();

    public EventLogFile(City city)
    {
        _city = city;
        Log = new ControllerLog(city, e => _events.Add([e]));
    }

    /// <summary>Takes what happens.</summary>
    public ControllerLog Log { get; }

    /// <summary>Events gathered.</summary>
    public long Count => _events.Count;

    /// <summary>The events in order, piece by piece; nothing may be added afterwards.</summary>
    public IEnumerable<ReadOnlyMemory<HiResEvent>> InOrder() => _events.InOrder();

    /// <summary>Where the detector table of a log lies: log.csv.gz has log.detectors.csv.</summary>
    public static string TablePath(string path)
    {
        string name = path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? path[..^3] : path;
        return Path.ChangeExtension(name, ".detectors.csv");
    }

    /// <summary>Writes both files; a file appears only when it is whole.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Write(string path)
    {
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        string part = path + ".part";
        using (Stream file = Packed(File.Create(part), path))
        using (var to = new StreamWriter(file))
        {
            to.NewLine = "\n";
            to.WriteLine("TimeStamp,DeviceId,EventId,Parameter");
            foreach (ReadOnlyMemory<HiResEvent> events in InOrder())
                foreach (HiResEvent e in events.Span) WriteRow(to, e);
        }
        File.Move(part, path, overwrite: true);
        WriteTable(TablePath(path));
    }

    private void WriteRow(StreamWriter to, in HiResEvent e)
    {
        to.Write(DateTime.UnixEpoch.AddMilliseconds(e.TimeMs)
            .ToString("yyyy-MM-dd HH:mm:ss.f", CultureInfo.InvariantCulture));
        to.Write(string.Create(CultureInfo.InvariantCulture, $",{Id(e.Device)},{e.EventId},{e.Parameter}\n"));
    }

    private void WriteTable(string path) => File.WriteAllLines(path, Log.Wiring.Table.Assignments
        .Select(a => string.Create(CultureInfo.InvariantCulture,
            $"{Id(a.Device)},{a.Phase},{a.Detector},{Functions[(int)a.Function]}"))
        .Prepend("DeviceId,Phase,Parameter,Function"));

    private string Id(int device) => _city.Intersections[device].Id;

    private static Stream Packed(FileStream file, string path) =>
        path.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? new GZipStream(file, CompressionLevel.Fastest) : file;
}
