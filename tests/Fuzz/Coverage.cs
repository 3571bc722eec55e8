namespace CityBrain.Fuzz;

/// <summary>
/// Which blocks a parser's inputs have entered, and about how often at most in one input: once, twice, three times, up
/// to 7, 15, 31, 127 or more (the classes of AFL, M. Zalewski, "Technical whitepaper for afl-fuzz").
/// </summary>
internal sealed class Coverage(int blocks)
{
    private static readonly byte[] Classes = [.. Enumerable.Range(0, 256).Select(n => (byte)(n switch
    {
        <= 3 => n, <= 7 => 4, <= 15 => 5, <= 31 => 6, <= 127 => 7, _ => 8,
    }))];

    private readonly ushort[] _seen = new ushort[blocks];

    public int Blocks { get; private set; }

    public static void Begin(int blocks) => Array.Clear(Probes.Hits, 0, blocks);

    /// <summary>Adds what ran since <see cref="Begin"/>; true when something of it is new.</summary>
    public bool Merge()
    {
        bool anew = false;
        ReadOnlySpan<byte> hits = Probes.Hits.AsSpan(0, _seen.Length);
        for (int at = hits.IndexOfAnyExcept((byte)0), from = 0; at >= 0;)
        {
            int block = from + at;
            var bit = (ushort)(1 << Classes[hits[block]]);
            if ((_seen[block] & bit) == 0)
            {
                if (_seen[block] == 0) Blocks++;
                _seen[block] |= bit;
                anew = true;
            }
            from = block + 1;
            at = hits[from..].IndexOfAnyExcept((byte)0);
        }
        return anew;
    }
}
