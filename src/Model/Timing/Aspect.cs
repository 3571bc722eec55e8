namespace CityBrain.Model;

/// <summary>
/// What one signal group shows. The letters are those of SUMO's traffic-light states, which are also the
/// letters of the wire format (docs/WIRE.md).
/// </summary>
public enum Aspect : byte
{
    /// <summary>r: stop.</summary>
    Red = 0,
    /// <summary>u: red and yellow together, before green.</summary>
    RedYellow = 1,
    /// <summary>y: stop if you safely can.</summary>
    Yellow = 2,
    /// <summary>g: permissive green, give way to conflicting streams.</summary>
    GreenYield = 3,
    /// <summary>G: protected green.</summary>
    Green = 4,
    /// <summary>s: stop, then go when clear (right turn on red).</summary>
    StopThenGo = 5,
    /// <summary>o: blinking yellow, no signal control.</summary>
    Blinking = 6,
    /// <summary>O: dark.</summary>
    Off = 7,
}

/// <summary>Letters and classes of <see cref="Aspect"/>.</summary>
public static class Aspects
{
    private const string Letters = "ruygGsoO";

    public static char Letter(this Aspect aspect) => Letters[(int)aspect];

    /// <summary>True for protected and permissive green.</summary>
    public static bool IsGreen(this Aspect aspect) => aspect is Aspect.Green or Aspect.GreenYield;

    /// <summary>Reads one letter; SUMO's Y (yellow with priority) counts as yellow.</summary>
    public static bool TryParse(char letter, out Aspect aspect)
    {
        int i = letter == 'Y' ? 2 : Letters.IndexOf(letter);
        aspect = i < 0 ? Aspect.Red : (Aspect)i;
        return i >= 0;
    }

    /// <summary>Reads a state string; null if a letter is unknown.</summary>
    public static Aspect[]? Parse(string letters)
    {
        var result = new Aspect[letters.Length];
        for (int i = 0; i < letters.Length; i++)
            if (!TryParse(letters[i], out result[i])) return null;
        return result;
    }

    public static string Write(ReadOnlySpan<Aspect> aspects)
    {
        Span<char> text = aspects.Length <= 256 ? stackalloc char[aspects.Length] : new char[aspects.Length];
        for (int i = 0; i < aspects.Length; i++) text[i] = aspects[i].Letter();
        return new string(text);
    }
}
