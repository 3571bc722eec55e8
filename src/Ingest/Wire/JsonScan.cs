using System.Runtime.CompilerServices;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Reads JSON that is written the way docs/WIRE.md shows it: the known keys in the documented order, any of them left
/// out, no escapes, with or without one space after a colon or comma. Anything else makes a method answer false, and
/// the caller reads the payload again with Utf8JsonReader; where both can read, they read the same.
/// </summary>
internal ref struct JsonScan(ReadOnlySpan<byte> json)
{
    private readonly ReadOnlySpan<byte> _json = json;
    private int _at;
    private bool _inside;

    // An array, not a span property: before the code is optimised the span would be made anew, with allocations.
    private static readonly double[] PowersOfTen =
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];

    /// <summary>Steps over one byte and a space after it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Is(byte b)
    {
        if (_at >= _json.Length || _json[_at] != b) return false;
        _at++;
        return true;
    }

    public bool Begin()
    {
        _inside = false;
        return Is((byte)'{');
    }

    public bool End() => Is((byte)'}');

    /// <summary>True when nothing is left.</summary>
    public readonly bool AtEnd => _at == _json.Length;

    /// <summary>Steps over <c>"key":</c> if that comes next, with the comma before it.</summary>
    /// <param name="quotedKey">The key with its quotes and colon.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Key(ReadOnlySpan<byte> quotedKey)
    {
        int at = _at;
        if (_inside)
        {
            if (at >= _json.Length || _json[at] != ',') return false;
            at++;
            if (at < _json.Length && _json[at] == ' ') at++;
        }
        if (!_json[at..].StartsWith(quotedKey)) return false;
        at += quotedKey.Length;
        if (at < _json.Length && _json[at] == ' ') at++;
        _at = at;
        _inside = true;
        return true;
    }

    /// <summary>A comma between two values of an array, with or without a space.</summary>
    public bool Comma()
    {
        if (!Is((byte)',')) return false;
        if (_at < _json.Length && _json[_at] == ' ') _at++;
        return true;
    }

    /// <summary>A whole number of at most 18 digits.</summary>
    public bool Integer(out long value)
    {
        bool negative = Is((byte)'-');
        int from = _at;
        value = Digits();
        if (!EndsNumber(from, _at - from)) return false;
        if (negative) value = -value;
        return _at - from <= 18;
    }

    /// <summary>
    /// A number of at most 15 digits without exponent: mantissa and power of ten are exact, so their quotient is
    /// the nearest double (Clinger 1990, the fast path).
    /// </summary>
    public bool Number(out double value)
    {
        bool negative = Is((byte)'-');
        int from = _at;
        long mantissa = Digits();
        int whole = _at - from, fraction = 0;
        value = 0;
        if (whole is 0 or > 15 || (whole > 1 && _json[from] == '0')) return false;
        if (Is((byte)'.'))
        {
            int dot = _at;
            mantissa = Digits(mantissa);
            fraction = _at - dot;
            if (fraction == 0 || whole + fraction > 15) return false;
        }
        if (_at >= _json.Length || _json[_at] is not ((byte)',' or (byte)'}' or (byte)']')) return false;
        value = mantissa / PowersOfTen[fraction];
        if (negative) value = -value;
        return true;
    }

    /// <summary>A string without escapes or control characters, as it lies there, ASCII only.</summary>
    public bool Text(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!Is((byte)'"')) return false;
        int from = _at;
        while (_at < _json.Length && _json[_at] is not ((byte)'"' or (byte)'\\') and >= 0x20 and < 0x80) _at++;
        text = _json[from.._at];
        return Is((byte)'"');
    }

    public bool Bool(out bool value)
    {
        value = _json[_at..].StartsWith("true"u8);
        if (!value && !_json[_at..].StartsWith("false"u8)) return false;
        _at += value ? 4 : 5;
        return true;
    }

    /// <summary>Enters an object inside an array; <see cref="Leave"/> goes back to the outer object.</summary>
    public bool Enter()
    {
        if (!Is((byte)'{')) return false;
        _inside = false;
        return true;
    }

    public bool Leave()
    {
        if (!Is((byte)'}')) return false;
        _inside = true;
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Digits(long value = 0)
    {
        int at = _at;
        ReadOnlySpan<byte> json = _json;
        while ((uint)at < (uint)json.Length)
        {
            uint digit = (uint)json[at] - '0';
            if (digit > 9) break;
            value = unchecked(value * 10 + digit);
            at++;
        }
        _at = at;
        return value;
    }

    private readonly bool EndsNumber(int from, int digits) =>
        digits > 0 && !(digits > 1 && _json[from] == '0')
        && _at < _json.Length && _json[_at] is (byte)',' or (byte)'}' or (byte)']';
}
