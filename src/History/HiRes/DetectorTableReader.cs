using System.Globalization;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>What was read of a detector table.</summary>
/// <param name="Table">The detectors.</param>
/// <param name="OtherFunctions">Lines with a function no measure uses.</param>
public sealed record DetectorTableFile(DetectorTable Table, int OtherFunctions);

/// <summary>
/// Reads a detector table: delimited text with DeviceId, Phase, Parameter (the detector number) and Function
/// (Presence, Advance, Yellow_Red, stop bar count), under these or other usual names, in any order.
/// </summary>
public static class DetectorTableReader
{
    private const long LargestTable = 64 << 20;

    private static readonly string[][] Names =
    [
        ["deviceid", "device", "signalid", "signal", "locationidentifier", "locationid", "intersectionid"],
        ["phase", "protectedphase", "phasenumber"],
        ["parameter", "detector", "detectornumber", "detectorid", "detectorchannel", "channel", "detchannel"],
        ["function", "detectorfunction", "detectiontype", "type"],
    ];

    private static readonly string[] FunctionNames = ["Presence", "Advance", "Yellow_Red", "stop bar count"];

    /// <exception cref="LogFormatException">A column is missing or a line makes no sense.</exception>
    public static DetectorTableFile Read(string path, DeviceDirectory devices)
    {
        if (new FileInfo(path).Length > LargestTable)
        {
            throw new LogFormatException($"{path}: larger than a detector table may be (64 MiB)");
        }

        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0)
        {
            throw new LogFormatException($"{path}: empty");
        }

        byte delimiter = LogColumns.MostFrequent(System.Text.Encoding.UTF8.GetBytes(lines[0]));
        int[] columns = Columns(path, lines[0].Split((char)delimiter));
        var assignments = new List<DetectorAssignment>();
        int others = 0;
        for (int i = 1; i < lines.Length; i++)
        {
            if (lines[i].Trim().Length == 0)
            {
                continue;
            }

            string[] fields = [.. lines[i].Split((char)delimiter).Select(f => f.Trim(' ', '"', '\r'))];
            string where = $"{path} line {i + 1}";
            if (fields.Length <= columns.Max())
            {
                throw new LogFormatException($"{where}: too few fields");
            }

            ushort phase = Number(fields[columns[1]], $"{where}: phase");
            ushort detector = Number(fields[columns[2]], $"{where}: detector");
            if (Function(fields[columns[3]]) is { } function)
            {
                int device = devices.IndexOf(fields[columns[0]]);
                assignments.Add(new DetectorAssignment(device, phase, detector, function));
            }
            else
            {
                others++;
            }
        }

        return new DetectorTableFile(new DetectorTable(assignments), others);
    }

    /// <summary>
    /// Keeps a table's lines with a store: they replace those of the devices they name, the others stay.
    /// </summary>
    /// <exception cref="LogFormatException">The table is none.</exception>
    public static void Keep(string path, string keptPath)
    {
        var devices = new DeviceDirectory();
        IReadOnlyList<DetectorAssignment> lines = Read(path, devices).Table.Assignments;
        HashSet<int> named = [.. lines.Select(l => l.Device)];
        if (File.Exists(keptPath))
        {
            IReadOnlyList<DetectorAssignment> kept = Read(keptPath, devices).Table.Assignments;
            lines = [.. lines, .. kept.Where(l => !named.Contains(l.Device))];
        }

        int[] order = devices.InOrder();
        IEnumerable<string> text = lines
            .OrderBy(l => Array.IndexOf(order, l.Device)).ThenBy(l => l.Phase).ThenBy(l => l.Detector)
            .ThenBy(l => l.Function)
            .Select(l => FormattableString.Invariant(
                $"{devices[l.Device]},{l.Phase},{l.Detector},{FunctionNames[(int)l.Function]}"));
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(keptPath))!);
        File.WriteAllLines(keptPath + ".part", text.Prepend("DeviceId,Phase,Parameter,Function"));
        File.Move(keptPath + ".part", keptPath, overwrite: true);
    }

    private static int[] Columns(string path, string[] header)
    {
        string[] normal = [.. header.Select(LogColumns.Normal)];
        int[] columns = [.. Names.Select(names =>
            names.Select(n => Array.IndexOf(normal, n)).FirstOrDefault(at => at >= 0, -1))];
        int missing = Array.IndexOf(columns, -1);
        return missing < 0
            ? columns
            : throw new LogFormatException(
                $"{path}: no column {Names[missing][0]} among: {string.Join(", ", header)}");
    }

    private static ushort Number(string text, string what)
    {
        string whole = text.EndsWith(".0", StringComparison.Ordinal) ? text[..^2] : text;
        return ushort.TryParse(whole, NumberStyles.None, CultureInfo.InvariantCulture, out ushort number)
            ? number
            : throw new LogFormatException($"{what} '{text}' is not a number from 0 to 65535");
    }

    private static DetectorFunction? Function(string text) => LogColumns.Normal(text) switch
    {
        "presence" => DetectorFunction.Presence,
        "advance" => DetectorFunction.Advance,
        "yellowred" => DetectorFunction.YellowRed,
        "stopbarcount" => DetectorFunction.StopBarCount,
        _ => null,
    };
}
