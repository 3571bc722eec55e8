using System.Runtime.CompilerServices;

namespace CityBrain.Fuzz;

/// <summary>Counters that instrumented code raises, one a block of code. Public, because other assemblies call it.</summary>
public static class Probes
{
    public const int Most = 1 << 17;

    internal static readonly byte[] Hits = new byte[Most];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hit(int block)
    {
        ref byte hits = ref Hits[block];
        if (hits != byte.MaxValue) hits++;
    }
}
