using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CityBrain.Micro;

/// <summary>CPU time of this process, all threads, in nanoseconds: clock_gettime(2) with CLOCK_PROCESS_CPUTIME_ID.</summary>
internal static partial class CpuClock
{
    private const int ProcessCpuTime = 2;

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }

    public static long NowNs()
    {
        if (!OperatingSystem.IsLinux())
            return (long)System.Diagnostics.Process.GetCurrentProcess().TotalProcessorTime.TotalNanoseconds;
        if (clock_gettime(ProcessCpuTime, out Timespec t) != 0) throw new Win32Exception();
        return t.Seconds * 1_000_000_000L + t.Nanoseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int clock_gettime(int clock, out Timespec time);
}
