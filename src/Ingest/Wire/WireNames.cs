using System.Text;
using CityBrain.Model;

namespace CityBrain.Ingest.Wire;

/// <summary>The names that an enumeration's values have on the wire: theirs, with a small first letter.</summary>
internal sealed class WireNames
{
    public static readonly WireNames Modes = Of<ControllerMode>();
    public static readonly WireNames Refusals = Of<Refusal>();
    public static readonly WireNames Rules = Of<Rule>();
    public static readonly WireNames Classes = Of<VehicleClass>();

    private readonly byte[][] _names;

    private WireNames(byte[][] names) => _names = names;

    public int Count => _names.Length;

    public ReadOnlySpan<byte> this[int value] => (uint)value < (uint)_names.Length ? _names[value] : _names[0];

    /// <summary>The value of a name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        for (int i = 0; i < _names.Length; i++)
            if (name.SequenceEqual(_names[i])) return i;
        return -1;
    }

    private static WireNames Of<T>() where T : struct, Enum => new([.. Enum.GetNames<T>()
        .Select(n => Encoding.ASCII.GetBytes(char.ToLowerInvariant(n[0]) + n[1..]))]);
}
