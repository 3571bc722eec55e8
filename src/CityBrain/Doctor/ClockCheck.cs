using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace CityBrain.Doctor;

/// <summary>The machine's clock: a date that can be, steady, and kept by NTP as far as the kernel says.</summary>
internal static class ClockCheck
{
    private const string Area = "clock";
    /// <summary>Longest error of the clock: commands are valid for seconds, and cabinets compare with their own clock.</summary>
    private const long MostErrorUs = 500_000;
    private static readonly TimeSpan Watched = TimeSpan.FromMilliseconds(300), MostDrift = TimeSpan.FromMilliseconds(20);

    public static async Task<Finding[]> RunAsync(TimeProvider time, DateTime builtUtc, CancellationToken cancel)
    {
        DateTimeOffset before = time.GetUtcNow();
        long started = time.GetTimestamp();
        await Task.Delay(Watched, cancel);
        TimeSpan drift = time.GetUtcNow() - before - time.GetElapsedTime(started);
        return [Date(before, builtUtc), Steady(drift), Kept(ReadKernel())];
    }

    internal static Finding Date(DateTimeOffset now, DateTime builtUtc)
    {
        string said = now.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) + " UTC";
        return now.UtcDateTime < builtUtc.AddDays(-1) || now.Year > builtUtc.Year + 30
            ? new(Area, Health.Fail, $"{said} cannot be: this program was built on {builtUtc:yyyy-MM-dd}", "set the clock, then keep it by NTP")
            : new(Area, Health.Ok, said);
    }

    internal static Finding Steady(TimeSpan drift) => drift.Duration() <= MostDrift
        ? new(Area, Health.Ok, "runs as the steady clock does")
        : new(Area, Health.Warn, string.Create(CultureInfo.InvariantCulture,
            $"was moved by {drift.TotalMilliseconds:0} ms while it was looked at"), "see what sets it; NTP should slew, not step");

    internal static Finding Kept((bool Synchronised, long MostErrorUs)? kernel) => kernel switch
    {
        null => new(Area, Health.Warn, "whether NTP keeps it cannot be known here", "make sure that something does"),
        { Synchronised: false } => new(Area, Health.Warn, "is not kept by NTP", "timedatectl set-ntp true, or install chrony"),
        { MostErrorUs: > MostErrorUs } k => new(Area, Health.Warn,
            $"may be wrong by up to {Ms(k.MostErrorUs)} ms", "look at the NTP servers: chronyc sources"),
        { } k => new(Area, Health.Ok, $"kept by NTP, wrong by at most {Ms(k.MostErrorUs)} ms"),
    };

    private static string Ms(long us) => (us / 1000.0).ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>What the kernel knows of its clock (adjtimex(2), only read); null where it does not say.</summary>
    private static (bool Synchronised, long MostErrorUs)? ReadKernel()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return null;
        const int maxErrorAt = 24, errorState = 5; // struct timex of 64 bits; TIME_ERROR
        byte[] timex = new byte[256];
        try
        {
            int state = AdjTimex(timex);
            return state < 0 ? null : (state != errorState, BitConverter.ToInt64(timex, maxErrorAt));
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", EntryPoint = "adjtimex", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int AdjTimex([In, Out] byte[] timex);
}
