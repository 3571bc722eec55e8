using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace CityBrain.Ingest.Wire;

/// <summary>
/// Reads a flat JSON object written without any space, its keys in the documented order: what a sensor's own program
/// writes once and sends a million times. The closing brace, which is looked at first, ends every run of digits, so
/// the steps between need no bounds. Whatever looks otherwise fails here and goes to <see cref="JsonScan"/>.
/// </summary>
internal ref struct LeanScan
{
    private static readonly double[] PowersOfTen = 
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    private readonly ref byte _start;
    private readonly int _end;
    private int _at;

    /// <summary>Fails unless the last byte is a closing brace.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public LeanScan(ReadOnlySpan<byte> json)
    {
        _start = ref MemoryMarshal.GetReference(json);
        _end = json.Length - 1;
        Failed = _end < 1 || Unsafe.Add(ref _start, _end) != '}';
    }

    public bool Failed { get; private set; }

    /// <summary>Everything was read, up to the closing brace.</summary>
    public readonly bool AtEnd => _at == _end;

    /// <summary>Steps over these bytes if they come next: a brace or a comma, a key in quotes, a colon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool Next(ReadOnlySpan<byte> text)
    {
        if (_end - _at < text.Length || !MemoryMarshal.CreateReadOnlySpan(ref Unsafe.Add(ref _start, _at), text.Length)
            .SequenceEqual(text))
        {
            return false;
        }
        _at += text.Length;
        return true;
    }

    /// <summary>A whole number of 1 to 18 digits, without leading zeros.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public long Integer()
    {
        int from = _at;
        long value = Digits(0);
        if (_at - from is 0 or > 18 || (Unsafe.Add(ref _start, from) == '0' && _at - from > 1)) Failed = true;
        return value;
    }

    /// <summary>A number of at most 15 digits, with or without a point, without exponent; exact, as in <see cref="JsonScan"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public double Number()
    {
        int from = _at;
        long mantissa = Digits(0);
        int whole = _at - from;
        if (whole is 0 or > 15 || (Unsafe.Add(ref _start, from) == '0' && whole > 1)) Failed = true;
        if (Unsafe.Add(ref _start, _at) != '.') return mantissa;
        int point = _at++;
        mantissa = Digits(mantissa);
        int fraction = _at - point - 1;
        if (fraction == 0 || whole + fraction > 15)
        {
            Failed = true;
            return 0;
        }
        return mantissa / PowersOfTen[fraction];
    }

    /// <summary>Steps over digits; the brace at the end is none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long Digits(long value)
    {
        ref byte start = ref _start;
        int at = _at;
        for (uint digit; (digit = (uint)Unsafe.Add(ref start, at) - '0') <= 9; at++) value = unchecked(value * 10 + digit);
        _at = at;
        return value;
    }
}
