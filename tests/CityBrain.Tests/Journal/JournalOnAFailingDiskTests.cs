using CityBrain.History;
using CityBrain.Model;
using CityBrain.Storm;
using CityBrain.Testing;

namespace CityBrain.Tests.Journal;

/// <summary>The journal on the storm's disk: what a failed write, a failed sync or a power cut may and may not take.</summary>
public sealed class JournalOnAFailingDiskTests
{
    private static JournalPreamble Preamble => new()
    { City = TinyCity.Describe(), Options = new Dictionary<string, string>(), WrittenBy = "test" };

    private static void Write(JournalWriter writer, int number)
    {
        writer.Add(new CityEvent(number, number, EventKind.Loop, 0, 0, 0, 0, 0, 1), []);
        writer.Commit();
    }

    private static (int Events, JournalEnd End) Read(StormDisk disk)
    {
        using JournalReader? reader = JournalReader.TryOpen(disk);
        if (reader is null) return (0, JournalEnd.Clean);
        int n = 0;
        while (reader.TryRead(out CityEvent e, out _)) Assert.Equal(n++, e.Index);
        return (n, reader.End);
    }

    [Fact]
    public void A_power_cut_takes_nothing_that_was_synced_and_is_never_called_damage()
    {
        int holes = 0;
        for (ulong seed = 0; seed < 200; seed++)
        {
            var disk = new StormDisk(seed);
            JournalWriter writer = JournalWriter.Open(disk, Preamble, segmentBytes: 4000);
            for (int i = 0; i < 40; i++) Write(writer, i);
            writer.Sync();
            for (int i = 40; i < 80; i++) Write(writer, i);
            disk.CutPower();
            (int events, JournalEnd end) = Read(disk);
            Assert.InRange(events, 40, 80);
            Assert.True(end is JournalEnd.Clean or JournalEnd.Torn, $"seed {seed}: {end}");
            holes += end == JournalEnd.Torn ? 1 : 0;
            using (JournalWriter again = JournalWriter.Open(disk, Preamble)) Write(again, events);
            Assert.Equal((events + 1, JournalEnd.Clean), Read(disk));
        }
        Assert.True(holes > 50, "the disk must have torn something");
    }

    [Fact]
    public void After_a_failed_sync_the_next_one_writes_it_all_again()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var disk = new StormDisk(seed);
            JournalWriter writer = JournalWriter.Open(disk, Preamble);
            for (int i = 0; i < 20; i++) Write(writer, i);
            disk.SyncFails = true;
            Assert.Throws<IOException>(writer.Sync);
            disk.SyncFails = false;
            writer.Sync();
            disk.CutPower();
            Assert.Equal((20, JournalEnd.Clean), Read(disk));
        }
    }

    [Fact]
    public void A_segment_that_could_not_be_begun_is_begun_again()
    {
        var disk = new StormDisk(1);
        JournalWriter writer = JournalWriter.Open(disk, Preamble, segmentBytes: 3000);
        int written = 0;
        for (int i = 0; i < 200; i++)
        {
            disk.WriteFails = i % 3 == 1;
            try
            {
                Write(writer, written);
                written++;
            }
            catch (IOException)
            {
                writer.DropGathered();
            }
        }
        disk.WriteFails = false;
        writer.Dispose();
        Assert.True(disk.Segments().Count > 3);
        Assert.Equal((written, JournalEnd.Clean), Read(disk));
    }

    [Fact]
    public void A_digest_that_could_not_be_written_leaves_no_trace()
    {
        var disk = new StormDisk(2);
        using (JournalWriter writer = JournalWriter.Open(disk, Preamble))
        {
            Write(writer, 0);
            disk.RoomBytes = 10;
            Assert.Throws<IOException>(() => writer.NoteDigest(7));
            disk.RoomBytes = null;
            Write(writer, 1);
        }
        Assert.Equal((2, JournalEnd.Clean), Read(disk));
    }
}
