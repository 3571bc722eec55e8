using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;
using Xunit;

namespace CityBrain.History.Tests.HiRes;

public sealed class HiResStoreTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("citybrain-hires").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void AnImportMadeAgainChangesNothing()
    {
        string log = Log("a.csv.gz", 0, 5000);
        ImportReport first = Import("store", 1 << 20, log);
        string before = Digest("store");
        ImportReport again = Import("store", 1 << 20, log, log);

        Assert.Equal(first.Rows - 50, first.Added);
        Assert.Equal((0, 0), (again.Added, again.Days));
        Assert.Equal(first.Rows * 2, again.Known);
        Assert.Equal(before, Digest("store"));
    }

    [Fact]
    public void FilesOfDaysDependOnTheEventsAlone()
    {
        string a = Log("a.csv", 0, 3000);
        string b = Log("b.csv", 2000, 6000);
        Import("one", 1 << 20, a, b);
        Import("two", 1 << 20, b);
        Import("two", 1 << 20, a);
        Import("spilled", 700, b, a);

        Assert.Equal(Digest("one"), Digest("two"));
        Assert.Equal(Digest("one"), Digest("spilled"));
        Assert.False(Directory.Exists(Path.Combine(_directory, "spilled", ".import")));
    }

    [Fact]
    public void WhatIsReadIsAllThatWasImportedInOrder()
    {
        string log = Log("a.csv", 0, 4000);
        Import("store", 1000, log);
        var devices = new DeviceDirectory();
        HiResEvent[] read = [.. new HiResStore(Path.Combine(_directory, "store")).Open(devices)
            .SelectMany(m => m.ToArray())];

        var memory = new HiResLog();
        memory.AddFile(log);
        string[] expected = [.. memory.InOrder().SelectMany(m => m.ToArray())
            .Select(e => Text(e, memory.Devices)).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(expected, read.Select(e => Text(e, devices)).Order(StringComparer.Ordinal));
        Assert.Equal(read.Order(), read);
    }

    [Fact]
    public void DaysOutsideTheTimeAreNotEvenOpened()
    {
        Import("store", 1 << 20, Log("a.csv", 0, 10_000));
        var store = new HiResStore(Path.Combine(_directory, "store"));
        long[] days = store.Days();
        Assert.Equal(3, days.Length);
        string[] files = [.. Directory.GetFiles(store.Directory, "*.arrow").Order(StringComparer.Ordinal)];
        File.WriteAllText(files[0], "broken");
        File.WriteAllText(files[2], "broken");

        HiResEvent[] read = [.. store.Open(new DeviceDirectory(), days[0] + 1, days[2] - 1).SelectMany(m => m.ToArray())];

        Assert.NotEmpty(read);
        Assert.All(read, e => Assert.InRange(e.TimeMs, days[1], days[2] - 1));
        Assert.ThrowsAny<Exception>(() => store.Open(new DeviceDirectory(), days[0]).Count());
    }

    [Fact]
    public void AnImportThatWasStoppedLeavesNothingInTheWay()
    {
        string log = Log("a.csv", 0, 3000);
        Import("whole", 1 << 20, log);
        string store = Path.Combine(_directory, "stopped");
        Directory.CreateDirectory(Path.Combine(store, ".import"));
        File.WriteAllText(Path.Combine(store, ".import", "000000.run"), "half a run");
        File.WriteAllText(Path.Combine(store, "2024-04-15.arrow.part"), "half a day");
        Import("stopped", 1 << 20, log);

        Assert.Equal(Digest("whole"), Digest("stopped"));
    }

    [Fact]
    public void OnlyOneImportAtATime()
    {
        using var first = new HiResImport(new HiResStore(Path.Combine(_directory, "store")));
        Assert.ThrowsAny<IOException>(() => new HiResImport(new HiResStore(Path.Combine(_directory, "store"))));
    }

    [Fact]
    public void AGzipCutOffIsNoWholeLog()
    {
        string log = Log("a.csv.gz", 0, 5000);
        byte[] bytes = File.ReadAllBytes(log);
        File.WriteAllBytes(log, bytes[..(bytes.Length / 2)]);
        Assert.Throws<LogFormatException>(() => new HiResLog().AddFile(log));
    }

    [Fact]
    public void DetectorTablesOfDevicesReplaceTheirLines()
    {
        string first = Table("a.csv", "DeviceId,Phase,Parameter,Function", "7,2,4,Presence", "8,6,9,Advance");
        string second = Table("b.csv", "Function;Detector;SignalID;Phase", "yellow red;5;7;2", "Speed;6;7;2");
        string kept = Path.Combine(_directory, "store", "detectors.csv");
        DetectorTableReader.Keep(first, kept);
        DetectorTableReader.Keep(second, kept);

        Assert.Equal(
            ["DeviceId,Phase,Parameter,Function", "7,2,5,Yellow_Red", "8,6,9,Advance"], File.ReadAllLines(kept));
        Assert.Equal(1, DetectorTableReader.Read(second, new DeviceDirectory()).OtherFunctions);
    }

    [Theory]
    [InlineData("DeviceId,Phase,Parameter\n1,2,3", "no column function")]
    [InlineData("DeviceId,Phase,Parameter,Function\n1,x,3,Advance", "line 2: phase 'x'")]
    [InlineData("DeviceId,Phase,Parameter,Function\n\n1,2", "line 3: too few fields")]
    [InlineData("", "empty")]
    public void ADetectorTableThatMakesNoSenseIsAClearError(string text, string message)
    {
        string path = Table("t.csv", text);
        if (text.Length == 0)
        {
            File.WriteAllText(path, "");
        }

        LogFormatException e = Assert.Throws<LogFormatException>(
            () => DetectorTableReader.Read(path, new DeviceDirectory()));
        Assert.Contains(message, e.Message);
    }

    private static string Text(HiResEvent e, DeviceDirectory devices) =>
        $"{e.TimeMs} {devices[e.Device]} {e.EventId} {e.Parameter}";

    private ImportReport Import(string store, int eventsInMemory, params string[] logs)
    {
        using var import = new HiResImport(new HiResStore(Path.Combine(_directory, store)), eventsInMemory);
        foreach (string log in logs)
        {
            import.AddFile(log);
        }

        return import.Complete();
    }

    private string Digest(string store)
    {
        string directory = Path.Combine(_directory, store);
        return string.Join('\n', Directory.GetFiles(directory, "*.arrow").Order(StringComparer.Ordinal).Select(path =>
            Path.GetFileName(path) + " " + Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(path)))));
    }

    /// <summary>A log of three days and some devices, out of order, every hundredth row twice.</summary>
    private string Log(string name, int from, int to)
    {
        var text = new StringBuilder("TimeStamp,DeviceId,EventId,Parameter\n");
        for (int i = from; i < to; i++)
        {
            int shuffled = i * 7919 % 10_007;
            DateTime time = new DateTime(2024, 4, 14, 23, 0, 0).AddSeconds(shuffled * 10);
            string row = $"{time:yyyy-MM-dd HH:mm:ss}.{shuffled % 10}00,{(shuffled % 13) * 77},{82 - (i % 2)},{i % 50}\n";
            text.Append(row);
            if (i % 100 == 0)
            {
                text.Append(row);
            }
        }

        string path = Path.Combine(_directory, name);
        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        using Stream file = File.Create(path);
        using Stream stream = name.EndsWith(".gz") ? new GZipStream(file, CompressionLevel.Fastest) : file;
        stream.Write(bytes);
        return path;
    }

    private string Table(string name, params string[] lines)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllLines(path, lines);
        return path;
    }
}
