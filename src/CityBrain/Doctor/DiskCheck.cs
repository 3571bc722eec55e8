using System.Diagnostics;
using System.Globalization;

namespace CityBrain.Doctor;

/// <summary>A folder that a run writes to: there, writable, with room, and a disk that does what fsync says.</summary>
internal static class DiskCheck
{
    private const string Area = "disk";
    private const long LeastBytes = 512L << 20, EnoughBytes = 5L << 30;
    private static readonly TimeSpan SlowSync = TimeSpan.FromMilliseconds(200);

    /// <param name="folder">Made if it is not there, as a run would.</param>
    /// <param name="what">What lies in it.</param>
    public static Finding[] Run(string folder, string what)
    {
        try
        {
            Directory.CreateDirectory(folder);
            TimeSpan took = WriteAndSync(folder);
            long free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace;
            return [Room(what, folder, free), Sync(what, took), .. Open(folder, what)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return
            [
                new(Area, Health.Fail, $"{what} cannot be written in '{folder}': {e.Message}",
                    "give its owner the right to, and look at the mount"),
            ];
        }
    }

    internal static Finding Room(string what, string folder, long free)
    {
        string said = string.Create(CultureInfo.InvariantCulture, $"{free / (double)(1 << 30):0.0} GiB free for {what}");
        return free < LeastBytes ? new(Area, Health.Fail, said, $"make room where '{folder}' is: a full disk silences the brain")
            : free < EnoughBytes ? new(Area, Health.Warn, said, $"make room where '{folder}' is, or archive and remove old journals")
            : new(Area, Health.Ok, said);
    }

    internal static Finding Sync(string what, TimeSpan took)
    {
        string said = string.Create(CultureInfo.InvariantCulture, $"a write of {what} is on the disk in {took.TotalMilliseconds:0.0} ms");
        return took <= SlowSync ? new(Area, Health.Ok, said)
            : new(Area, Health.Warn, said, "receipts wait for it: look for a failing or overloaded disk");
    }

    private static IEnumerable<Finding> Open(string folder, string what)
    {
        const UnixFileMode others = UnixFileMode.OtherWrite | UnixFileMode.GroupWrite;
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(folder) & others) != 0)
            yield return new(Area, Health.Warn, $"others may write where {what} lies", $"chmod go-w '{folder}'");
    }

    private static TimeSpan WriteAndSync(string folder)
    {
        string path = Path.Combine(folder, $".doctor-{Environment.ProcessId}");
        try
        {
            long started = Stopwatch.GetTimestamp();
            using (var file = new FileStream(path, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(new byte[64 << 10]);
                file.Flush(flushToDisk: true);
            }
            return Stopwatch.GetElapsedTime(started);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
