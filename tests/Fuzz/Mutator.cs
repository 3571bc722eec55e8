using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CityBrain.Model;

namespace CityBrain.Fuzz;

/// <summary>
/// Makes new inputs of known ones: bits, bytes and numbers changed, pieces left out, doubled and exchanged between two,
/// and where the input is text, whole elements of its grammar (quoted strings, brackets, tags, lines, numbers), beside the
/// words of the format. Draws from the seed alone.
/// </summary>
internal sealed class Mutator(ulong seed, IReadOnlyList<byte[]> words)
{
    private const int Longest = 64 << 10, MostChanges = 6;
    private static readonly long[] Numbers =
        [0, 1, -1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 257, 32767, 32768, 65535, 65536, int.MaxValue, int.MinValue, uint.MaxValue,
            long.MaxValue, long.MinValue, 253_402_300_800_000];
    private static readonly string[] Texts = ["0", "-1", "1e999", "-1e-999", "NaN", "null", "true", "\"\"", "{}", "[]", "1.5", "9999999999999999999", "\\u0000", "\ud7ff"];

    private SeededRandom _random = SeededRandom.For(seed, 0xF022);

    public int Next(int bound) => _random.Next(bound);

    public byte[] Make(byte[] from, byte[] other)
    {
        var bytes = new List<byte>(from);
        for (int n = 1 + _random.Next(MostChanges); n > 0; n--) Change(bytes, other);
        if (bytes.Count > Longest) bytes.RemoveRange(Longest, bytes.Count - Longest);
        return [.. bytes];
    }

    private void Change(List<byte> bytes, byte[] other)
    {
        int at = bytes.Count == 0 ? 0 : _random.Next(bytes.Count);
        switch (_random.Next(14))
        {
            case 0 when bytes.Count > 0: bytes[at] ^= (byte)(1 << _random.Next(8)); break;
            case 1 when bytes.Count > 0: bytes[at] = (byte)_random.Next(256); break;
            case 2 when bytes.Count > 0: bytes[at] += (byte)(_random.Next(35) - 17); break;
            case 3: Overwrite(bytes, at); break;
            case 4: Remove(bytes, at, 1 + _random.Next(Math.Max(1, Math.Min(64, bytes.Count - at)))); break;
            case 5: Insert(bytes, at, Piece(bytes, at)); break;
            case 6: Insert(bytes, at, Word()); break;
            case 7: Replace(bytes, Element(bytes, at), Word()); break;
            case 8: Splice(bytes, at, other); break;
            case 9: Replace(bytes, Digits(bytes, at), Encoding.ASCII.GetBytes(Number())); break;
            case 10: Remove(bytes, Element(bytes, at)); break;
            case 11: Replace(bytes, Element(bytes, at), Piece(bytes, _random.Next(bytes.Count + 1))); break;
            case 12: Replace(bytes, Element(bytes, at), Encoding.UTF8.GetBytes(Texts[_random.Next(Texts.Length)])); break;
            default: Insert(bytes, at, Slice(other, Element([.. other], other.Length == 0 ? 0 : _random.Next(other.Length)))); break;
        }
    }

    private string Number() => _random.Next(3) == 0 ? Texts[_random.Next(Texts.Length)]
        : Numbers[_random.Next(Numbers.Length)].ToString(CultureInfo.InvariantCulture);

    private byte[] Word() => words.Count > 0 && _random.Next(4) > 0 ? words[_random.Next(words.Count)]
        : [(byte)_random.Next(256), (byte)_random.Next(256)];

    /// <summary>A number of 2, 4 or 8 bytes, either end first, where one may stand.</summary>
    private void Overwrite(List<byte> bytes, int at)
    {
        Span<byte> number = stackalloc byte[8];
        long value = Numbers[_random.Next(Numbers.Length)];
        int length = 2 << _random.Next(3);
        if (_random.Next(2) == 0) BinaryPrimitives.WriteInt64LittleEndian(number, value);
        else BinaryPrimitives.WriteInt64BigEndian(number, value << (64 - 8 * length));
        for (int i = 0; i < length && at + i < bytes.Count; i++) bytes[at + i] = number[i];
    }

    private byte[] Piece(List<byte> bytes, int at) => _random.Next(2) == 0 ? Slice([.. bytes], Element(bytes, at))
        : Slice([.. bytes], (at, Math.Min(bytes.Count, at + 1 + _random.Next(64))));

    private void Splice(List<byte> bytes, int at, byte[] other)
    {
        bytes.RemoveRange(at, bytes.Count - at);
        if (other.Length > 0) bytes.AddRange(other.AsSpan(_random.Next(other.Length)));
    }

    /// <summary>The element of the text's grammar that begins at or before this place: a string, a pair of brackets, a line, a number.</summary>
    private static (int From, int To) Element(List<byte> bytes, int at)
    {
        for (int from = at; from >= 0 && from > at - 200 && from < bytes.Count; from--)
        {
            byte opens = bytes[from];
            byte closes = (byte)(opens switch { (byte)'{' => '}', (byte)'[' => ']', (byte)'"' => '"', (byte)'<' => '>', (byte)'\n' => '\n', _ => 0 });
            if (closes == 0) continue;
            int depth = 0;
            for (int to = from; to < bytes.Count; to++)
            {
                if (to > from && bytes[to] == closes && --depth <= 0) return (from, to + 1);
                if (bytes[to] == opens && (to == from || opens != closes)) depth++;
            }
        }
        return (at, Math.Min(bytes.Count, at + 4));
    }

    private static (int From, int To) Digits(List<byte> bytes, int at)
    {
        int from = bytes.FindIndex(at, b => b is >= (byte)'0' and <= (byte)'9');
        if (from < 0) return (at, at);
        int to = from;
        while (to < bytes.Count && bytes[to] is >= (byte)'0' and <= (byte)'9' or (byte)'.') to++;
        return (from, Math.Min(to, bytes.Count));
    }

    private static byte[] Slice(byte[] bytes, (int From, int To) part) => bytes[part.From..part.To];

    private static void Insert(List<byte> bytes, int at, byte[] what)
    {
        if (bytes.Count + what.Length <= Longest) bytes.InsertRange(at, what);
    }

    private static void Remove(List<byte> bytes, int at, int count) => bytes.RemoveRange(at, Math.Min(count, bytes.Count - at));

    private static void Remove(List<byte> bytes, (int From, int To) part) => bytes.RemoveRange(part.From, part.To - part.From);

    private static void Replace(List<byte> bytes, (int From, int To) part, byte[] by)
    {
        Remove(bytes, part);
        Insert(bytes, part.From, by);
    }
}
