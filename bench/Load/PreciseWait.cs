using System.Runtime.InteropServices;

namespace CityBrain.Load;

/// <summary>
/// Sleeps to within some tens of microseconds. Thread.Sleep knows only whole milliseconds, and to spin for the rest takes
/// a core from what is measured: on a kernel that does not preempt, for up to a tick of its clock (4 ms at 250 Hz).
/// </summary>
internal static partial class PreciseWait
{
    private const int Nanosecond = 1_000_000_000;

    /// <summary>nanosleep(2); woken early by a signal it just returns, so the caller looks at the clock again.</summary>
    public static void Sleep(double milliseconds)
    {
        long ns = (long)(milliseconds * 1e6);
        if (ns <= 0) return;
        var wanted = new TimeSpec { Seconds = (nint)(ns / Nanosecond), Nanoseconds = (nint)(ns % Nanosecond) };
        _ = nanosleep(wanted, 0);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds, Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int nanosleep(in TimeSpec wanted, nint remaining);
}
