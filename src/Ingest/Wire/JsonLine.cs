using System.Globalization;

namespace CityBrain.Ingest.Wire;

/// <summary>Writes one JSON object into a given buffer without allocating; Length is -1 when it did not fit.</summary>
internal ref struct JsonLine(Span<byte> buffer)
{
    private readonly Span<byte> _buffer = buffer;
    private int _at;
    private bool _full;

    public readonly int Length => _full ? -1 : _at;

    public void Raw(scoped ReadOnlySpan<byte> text)
    {
        if (_full || text.Length > _buffer.Length - _at)
        {
            _full = true;
            return;
        }
        text.CopyTo(_buffer[_at..]);
        _at += text.Length;
    }

    public void Number(long value) => Advance(value.TryFormat(Rest, out int n, default, CultureInfo.InvariantCulture), n);

    /// <summary>The shortest text that reads back as the same float; a value that is not finite becomes null.</summary>
    public void Number(float value)
    {
        if (!float.IsFinite(value)) Raw("null"u8);
        else Advance(value.TryFormat(Rest, out int n, default, CultureInfo.InvariantCulture), n);
    }

    /// <summary>A number with at most two decimals.</summary>
    public void Number(double value) =>
        Advance(value.TryFormat(Rest, out int n, "0.##", CultureInfo.InvariantCulture), n);

    /// <summary>A string; quotes, backslashes and control characters are escaped.</summary>
    public void Text(scoped ReadOnlySpan<byte> utf8)
    {
        Raw("\""u8);
        foreach (byte b in utf8)
        {
            if (b is (byte)'"' or (byte)'\\') Raw("\\"u8);
            if (b >= 0x20) Raw([b]);
            else
            {
                Raw("\\u00"u8);
                Raw([Hex(b >> 4), Hex(b & 15)]);
            }
        }
        Raw("\""u8);
    }

    private readonly Span<byte> Rest => _full ? default : _buffer[_at..];

    private void Advance(bool written, int bytes)
    {
        if (written && !_full) _at += bytes;
        else _full = true;
    }

    private static byte Hex(int digit) => (byte)(digit < 10 ? '0' + digit : 'a' + digit - 10);
}
