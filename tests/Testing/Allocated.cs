namespace CityBrain.Testing;

/// <summary>
/// What a piece of code allocates on its thread. The runtime allocates there too, once in a while and whatever runs (its
/// cast cache grows, a method is compiled anew), so code that allocates nothing is measured as the least of some rounds;
/// code that allocates does so in each of them.
/// </summary>
public static class Allocated
{
    public const int Rounds = 4;

    /// <summary>Bytes of the round that allocated least; a round is told its number, 0 to 3.</summary>
    public static long Least(Action<int> round)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Rounds; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            round(i);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
