using System.Buffers.Binary;
using System.Text;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Reads a log of an Econolite ASC/3 or Cobalt controller (.dat; packed with zlib .datZ): seven lines of text, each
/// beginning with the log's time and a comma (version, file name, intersection, IP address, MAC address, "Controller
/// Data Log Beginning:" and the time, "Phases in use:"), then records of four bytes: event, parameter, and tenths of a
/// second since the beginning, 16 bits, the high byte first. As read by the decoders that transportation departments
/// publish (Utah's ATSPM, <c>ASCEventLogDecoder</c>). The device is the file name's number before "_ECON", unless told.
/// A bad row's number counts the records from 1.
/// </summary>
internal sealed class EconoliteLogReader : ILogReader
{
    private const int HeaderLines = 7, LongestHeader = 4096, RecordBytes = 4, TenthMs = 100;

    private readonly Stream _stream;
    private readonly string _source;
    private readonly BadRows _bad;
    private readonly int _device;
    private readonly long _beginMs;
    private readonly byte[] _buffer = new byte[1 << 14];
    private int _kept;

    /// <exception cref="LogFormatException">Its header has no time.</exception>
    public EconoliteLogReader(Stream stream, string source, DeviceDirectory devices, BadRows bad, string? device)
    {
        (_stream, _source, _bad) = (stream, source, bad);
        _beginMs = ReadHeader();
        _device = devices.IndexOf(device ?? DeviceOf(source));
    }

    public long Rows { get; private set; }

    /// <summary>Whether a file's first bytes are such a header.</summary>
    public static bool Is(ReadOnlySpan<byte> first) =>
        first.IndexOf("Phases in use"u8) is >= 0 and < 2048 && TimeOf(first) is not null;

    public int Read(Span<HiResEvent> into)
    {
        int wanted = Math.Min(into.Length * RecordBytes, _buffer.Length);
        int read = _stream.ReadAtLeast(_buffer.AsSpan(_kept, wanted - _kept), wanted - _kept, throwOnEndOfStream: false);
        int records = (_kept + read) / RecordBytes;
        int left = (_kept + read) % RecordBytes;
        for (int i = 0; i < records; i++)
        {
            ReadOnlySpan<byte> record = _buffer.AsSpan(i * RecordBytes, RecordBytes);
            long timeMs = _beginMs + (BinaryPrimitives.ReadUInt16BigEndian(record[2..]) * (long)TenthMs);
            into[i] = new HiResEvent(timeMs, _device, record[0], record[1]);
        }
        Rows += records;
        _kept = 0;
        // Less than was asked for is the end.
        if (left > 0) _bad.Add(_source, Rows + 1, $"a record of {left} bytes instead of {RecordBytes}: the file was cut off");
        return records;
    }

    /// <summary>1210 of 1210_ECON_10.204.7.239_2021_08_09_1841.datZ; else the file's name.</summary>
    internal static string DeviceOf(string path)
    {
        string name = Path.GetFileName(path);
        int digits = name.TakeWhile(char.IsAsciiDigit).Count();
        return digits > 0 && (digits == name.Length || !char.IsAsciiLetter(name[digits]))
            ? name[..digits]
            : Path.GetFileNameWithoutExtension(name);
    }

    /// <summary>Reads the lines before the records; the time they give.</summary>
    private long ReadHeader()
    {
        var header = new List<byte>();
        for (int lines = 0; lines < HeaderLines;)
        {
            int b = _stream.ReadByte();
            if (b < 0 || header.Count == LongestHeader) throw new LogFormatException("its header has not seven lines");
            header.Add((byte)b);
            if (b == '\n') lines++;
        }
        return TimeOf(header.ToArray()) ?? throw new LogFormatException("its header has no time");
    }

    /// <summary>The time after "Controller Data Log Beginning", else that before the first comma; null for none.</summary>
    private static long? TimeOf(ReadOnlySpan<byte> header)
    {
        int newline = header.IndexOf((byte)'\n');
        string first = Encoding.ASCII.GetString(newline < 0 ? header : header[..newline]);
        string all = Encoding.ASCII.GetString(header[..Math.Min(header.Length, LongestHeader)]);
        const string Beginning = "data log beginning:";
        int at = all.IndexOf(Beginning, StringComparison.OrdinalIgnoreCase);
        if (at >= 0)
        {
            int end = all.IndexOf('\n', at);
            string told = all[(at + Beginning.Length)..(end < 0 ? all.Length : end)].Trim(' ', ',', '\r');
            if (TimestampText.TryParse(told, out long begin)) return begin;
        }
        string text = first.Contains(',', StringComparison.Ordinal) ? first[..first.IndexOf(',', StringComparison.Ordinal)] : first[..Math.Min(20, first.Length)];
        return TimestampText.TryParse(text.Trim(), out long time) ? time : null;
    }
}
