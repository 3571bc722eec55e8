using System.Runtime.InteropServices;

namespace CityBrain.Engine.Loops;

/// <summary>
/// Asks Linux to back memory with pages of 2 MiB where it can (transparent huge pages, madvise(2)): an array that is read
/// in no order otherwise misses the processor's list of pages with nearly each access. Elsewhere nothing happens.
/// </summary>
internal static partial class LargePages
{
    private const int Huge = 14; // MADV_HUGEPAGE
    private const nint PageBytes = 1 << 21;

    /// <summary>Pinned memory only; its begin and end that fill no large page stay as they are.</summary>
    public static unsafe void Ask(void* begin, nint bytes)
    {
        if (!OperatingSystem.IsLinux()) return;
        nint from = ((nint)begin + PageBytes - 1) & -PageBytes, to = ((nint)begin + bytes) & -PageBytes;
        if (to > from) _ = Advise((void*)from, (nuint)(to - from), Huge);
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static unsafe partial int Advise(void* address, nuint length, int advice);
}
