using System.Runtime.InteropServices;
using CityBrain.Model.HiRes;

namespace CityBrain.History.HiRes;

/// <summary>
/// Reads an event log of delimited text, byte by byte, into events. Rows it cannot read are counted with
/// their
/// line number and reason; nothing else is left out. Any order of the columns and the usual names for them
/// are
/// understood (<see cref="LogColumns"/>), so are the usual timestamps (<see cref="TimestampText"/>).
/// </summary>
public sealed class CsvLogReader : ILogReader
{
    /// <summary>The longest line taken, bytes.</summary>
    public const int LongestLine = 1 << 16;

    private readonly Stream _stream;
    private readonly string _source;
    private readonly DeviceDirectory _devices;
    private readonly BadRows _bad;
    private readonly int _givenDevice;
    private readonly byte[] _buffer = new byte[1 << 18];
    private LogColumns? _columns;
    private int _start;
    private int _end;
    private long _line;
    private bool _ended;
    private bool _skippingLongLine;
    private long _cachedDate;
    private short _cachedDateEnd;
    private long _cachedDayMs;

    /// <param name="stream">The text, not compressed.</param>
    /// <param name="source">Its name for reports.</param>
    /// <param name="devices">Takes the devices met.</param>
    /// <param name="bad">Takes the rows that cannot be read.</param>
    /// <param name="device">The device of all rows, for logs without such a column.</param>
    public CsvLogReader(
        Stream stream, string source, DeviceDirectory devices, BadRows bad, string? device = null)
    {
        (_stream, _source, _devices, _bad) = (stream, source, devices, bad);
        _givenDevice = device is null ? -1 : devices.IndexOf(device);
    }

    /// <summary>Rows read well so far.</summary>
    public long Rows { get; private set; }

    /// <summary>Fills events from the next rows; 0 at the end.</summary>
    /// <exception cref="LogFormatException">The header tells no columns this is a log by.</exception>
    public int Read(Span<HiResEvent> into)
    {
        int count = 0;
        while (count < into.Length && NextLine(out ReadOnlySpan<byte> line))
        {
            if (line.IsEmpty)
            {
                continue;
            }

            if (_columns is null)
            {
                if (line.StartsWith("\uFEFF"u8))
                {
                    line = line[3..];
                }

                _columns = LogColumns.Read(line, _givenDevice >= 0);
                if (_columns.HasHeader)
                {
                    continue;
                }
            }

            string? wrong = Parse(line, out into[count]);
            if (wrong is null)
            {
                count++;
            }
            else
            {
                _bad.Add(_source, _line, wrong);
            }
        }

        Rows += count;
        return count;
    }

    /// <summary>The next line without its end; false at the end of the text.</summary>
    private bool NextLine(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = _buffer.AsSpan(_start, _end - _start);
            int newline = rest.IndexOf((byte)'\n');
            if (newline >= 0 || (_ended && !rest.IsEmpty))
            {
                line = newline >= 0 ? rest[..newline] : rest;
                _start += newline >= 0 ? newline + 1 : rest.Length;
                _line++;
                if (_skippingLongLine)
                {
                    _skippingLongLine = false;
                    _bad.Add(_source, _line, "longer than 65,536 bytes");
                    continue;
                }

                line = line.TrimEnd((byte)'\r');
                return true;
            }

            if (_ended)
            {
                if (_skippingLongLine)
                {
                    _skippingLongLine = false;
                    _bad.Add(_source, _line + 1, "longer than 65,536 bytes");
                }

                line = default;
                return false;
            }

            Fill();
        }
    }

    private void Fill()
    {
        int rest = _end - _start;
        if (rest >= LongestLine)
        {
            _skippingLongLine = true;
            rest = 0;
        }

        _buffer.AsSpan(_end - rest, rest).CopyTo(_buffer);
        _start = 0;
        int read = _stream.Read(_buffer, rest, _buffer.Length - rest);
        _end = rest + read;
        _ended = read == 0;
    }

    /// <summary>Reads a row; returns what is wrong with it, or null.</summary>
    private string? Parse(ReadOnlySpan<byte> line, out HiResEvent e)
    {
        e = default;
        long timeMs = 0;
        int device = _givenDevice;
        int eventId = 0;
        int parameter = 0;
        LogColumn[] columns = _columns!.Columns;
        byte delimiter = _columns.Delimiter;
        for (int column = 0; column < columns.Length; column++)
        {
            if (line.IsEmpty && column > 0 && columns.AsSpan(column).ContainsAnyExcept(LogColumn.None))
            {
                return "too few fields";
            }

            ReadOnlySpan<byte> field = NextField(ref line, delimiter);
            switch (columns[column])
            {
                case LogColumn.Time when !Time(field, out timeMs):
                    return "no timestamp";
                case LogColumn.Device when (device = Device(field)) < 0:
                    return field.IsEmpty ? "no device" : "too many devices";
                case LogColumn.Event when !Small(field, out eventId):
                    return "event id is not a number from 0 to 65535";
                case LogColumn.Parameter when !Small(field, out parameter):
                    return "parameter is not a number from 0 to 65535";
                default:
                    break;
            }
        }

        e = new HiResEvent(timeMs, device, (ushort)eventId, (ushort)parameter);
        return null;
    }

    /// <summary>Takes the next field off a line, without quotes and spaces around it.</summary>
    private static ReadOnlySpan<byte> NextField(ref ReadOnlySpan<byte> line, byte delimiter)
    {
        int end;
        if (!line.IsEmpty && line[0] == (byte)'"' && line[1..].IndexOf((byte)'"') is var quote and >= 0)
        {
            int after = line[(quote + 2)..].IndexOf(delimiter);
            end = after < 0 ? line.Length : quote + 2 + after;
        }
        else
        {
            end = IndexOf(line, delimiter);
        }

        ReadOnlySpan<byte> field = line[..end];
        line = end < line.Length ? line[(end + 1)..] : default;
        if (!field.IsEmpty && (field[0] is (byte)'"' or (byte)' ' || field[^1] is (byte)' '))
        {
            field = field.Trim(" \""u8);
        }

        return field;
    }

    /// <summary>Fields are short: a plain loop finds their end sooner than a vectorised search.</summary>
    private static int IndexOf(ReadOnlySpan<byte> line, byte delimiter)
    {
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == delimiter)
            {
                return i;
            }
        }

        return line.Length;
    }

    private int Device(ReadOnlySpan<byte> field) => field.IsEmpty ? -1 : _devices.IndexOf(field);

    private static bool Small(ReadOnlySpan<byte> field, out int value)
    {
        value = 0;
        for (int i = 0; i < field.Length; i++)
        {
            uint digit = (uint)(field[i] - '0');
            if (digit > 9)
            {
                return i > 0 && field[i] == (byte)'.' && field[(i + 1)..].IndexOfAnyExcept((byte)'0') < 0;
            }

            value = (value * 10) + (int)digit;
            if (value > ushort.MaxValue)
            {
                return false;
            }
        }

        return field.Length > 0;
    }

    /// <summary>
    /// The usual form at once, with the date of the row before at hand; any other the long way.
    /// </summary>
    private bool Time(ReadOnlySpan<byte> field, out long timeMs)
    {
        if (field.Length < 19 || field[10] is not ((byte)' ' or (byte)'T') || field[13] != (byte)':'
            || field[16] != (byte)':')
        {
            return TimestampText.TryParse(field, out timeMs);
        }

        long date = MemoryMarshal.Read<long>(field);
        short dateEnd = MemoryMarshal.Read<short>(field[8..]);
        if (date != _cachedDate || dateEnd != _cachedDateEnd)
        {
            if (!TimestampText.TryParse(field, out timeMs))
            {
                return false;
            }

            _cachedDayMs = timeMs - (timeMs % 86_400_000);
            (_cachedDate, _cachedDateEnd) = (date, dateEnd);
            return true;
        }

        int hour = Two(field, 11);
        int minute = Two(field, 14);
        int second = Two(field, 17);
        int ms = 0;
        bool plain = (uint)hour <= 23 && (uint)minute <= 59 && (uint)second <= 59;
        if (field.Length > 19)
        {
            int p = 20;
            plain &= field[19] == (byte)'.'
                && TimestampText.Fraction(field, ref p, out ms) && p == field.Length;
        }

        if (!plain)
        {
            return TimestampText.TryParse(field, out timeMs);
        }

        timeMs = _cachedDayMs + (((((hour * 60) + minute) * 60) + second) * 1000) + ms;
        return true;
    }

    /// <summary>Two digits as a number; more than 99 or negative when they are not digits.</summary>
    private static int Two(ReadOnlySpan<byte> field, int at)
    {
        uint tens = (uint)(field[at] - '0');
        uint ones = (uint)(field[at + 1] - '0');
        return tens <= 9 && ones <= 9 ? (int)((tens * 10) + ones) : -1;
    }
}
