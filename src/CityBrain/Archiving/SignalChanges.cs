using CityBrain.Model;

namespace CityBrain.Archiving;

/// <summary>Which of the controllers' reports say something new.</summary>
internal sealed class SignalChanges(City city)
{
    private readonly byte[][] _aspects = [.. city.Intersections.Select(_ => Array.Empty<byte>())];
    private readonly (byte Mode, float Stage, float Refusal)[] _rest =
        [.. city.Intersections.Select(_ => (byte.MaxValue, float.NaN, float.NaN))];

    public bool Changed(in CityEvent e, ReadOnlySpan<byte> aspects)
    {
        if ((uint)e.Index >= (uint)_aspects.Length) return false;
        var rest = (e.Code, e.A, e.B);
        if (_rest[e.Index].Equals(rest) && _aspects[e.Index].AsSpan().SequenceEqual(aspects)) return false;
        _rest[e.Index] = rest;
        _aspects[e.Index] = aspects.ToArray();
        return true;
    }
}

/// <summary>Aspects as a controller told them, a letter each; what is no aspect is a question mark.</summary>
internal static class AspectLetters
{
    public static string Of(ReadOnlySpan<byte> aspects)
    {
        var text = new char[aspects.Length];
        for (int i = 0; i < text.Length; i++)
            text[i] = aspects[i] <= (byte)Aspect.Off ? ((Aspect)aspects[i]).Letter() : '?';
        return new string(text);
    }
}
