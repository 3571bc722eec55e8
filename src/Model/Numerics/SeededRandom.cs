namespace CityBrain.Model;

/// <summary>
/// The only random source of the pure projects: the same seed gives the same numbers on every machine.
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
/// </summary>
public struct SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        ulong z = _state += 0x9E3779B97F4A7C15UL;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextShare() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, bound). The bias is below 2^-32 for bounds up to 2^31.</summary>
    public int Next(int bound) => (int)(((UInt128)NextBits() * (uint)bound) >> 64);

    /// <summary>Uniform in [low, high).</summary>
    public double Next(double low, double high) => low + NextShare() * (high - low);

    /// <summary>An independent generator for the stream named by <paramref name="key"/>.</summary>
    public static SeededRandom For(ulong seed, ulong key)
    {
        var mix = new SeededRandom(seed ^ (key * 0xD6E8FEB86659FD93UL));
        return new SeededRandom(mix.NextBits());
    }
}
