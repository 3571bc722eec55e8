using CityBrain.History;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Journal;

/// <summary>
/// tests/golden/journal-version-1.cbj was written by the last program of format 1: 150 seconds of one intersection in
/// lockstep, three digests. Whatever comes later must read it and go on with it.
/// </summary>
public sealed class JournalUpgradeTests : IDisposable
{
    private const int Events = 600;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-upgrade-").FullName;

    private string Segment => Path.Combine(_folder, "000001.cbj");

    public JournalUpgradeTests() =>
        File.Copy(Path.Combine(RealPart.Root, "tests", "golden", "journal-version-1.cbj"), Segment);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_journal_of_version_1_is_read_whole()
    {
        Assert.Equal((JournalEnd.Clean, Events, 3), Count());
        using JournalReader reader = JournalReader.Open(_folder);
        Assert.Equal("max-pressure", reader.Preamble!.Options["policy"]);
        Assert.Equal(3, reader.Preamble.City.Intersections[0].Groups[0].YellowS);
    }

    [Fact]
    public void It_is_gone_on_with_in_the_present_version()
    {
        using (JournalReader reader = JournalReader.Open(_folder))
        using (var writer = JournalWriter.Open(_folder, reader.Preamble!))
        {
            writer.Add(CityEvent.Tick(28_000_000), []);
            writer.NoteDigest(1);
        }
        Assert.Equal((JournalEnd.Clean, Events + 1, 4), Count());
    }

    [Fact]
    public void A_changed_byte_in_it_is_damage_and_a_cut_tail_is_not()
    {
        byte[] whole = File.ReadAllBytes(Segment);
        byte[] changed = [.. whole];
        changed[whole.Length / 2] ^= 1;
        File.WriteAllBytes(Segment, changed);
        Assert.Equal(JournalEnd.Damaged, Count().End);
        File.WriteAllBytes(Segment, whole[..^30]);
        Assert.Equal(JournalEnd.Torn, Count().End);
    }

    [Fact]
    public void A_journal_of_a_newer_format_is_named_as_such_and_left_alone()
    {
        byte[] bytes = File.ReadAllBytes(Segment);
        // The last block becomes one of version 9 with a right checksum.
        int last = bytes.AsSpan().LastIndexOf("CBJ1"u8);
        bytes[last + 14] = 9;
        BitConverter.TryWriteBytes(bytes.AsSpan(last + 8), Crc32C(bytes.AsSpan(last + 12)));
        File.WriteAllBytes(Segment, bytes);
        Assert.Equal(JournalEnd.Newer, Count().End);
        using JournalReader reader = JournalReader.Open(_folder);
        var e = Assert.Throws<JournalDamagedException>(() => JournalWriter.Open(_folder, reader.Preamble!));
        Assert.Contains("newer version", e.Message);
        Assert.Equal(bytes, File.ReadAllBytes(Segment));
    }

    private (JournalEnd End, int Events, int Digests) Count()
    {
        using JournalReader reader = JournalReader.Open(_folder);
        int events = 0, digests = 0;
        while (reader.TryRead(out _, out _))
        {
            events++;
            while (reader.TryTakeDigest(out _)) digests++;
        }
        return (reader.End, events, digests);
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes) crc = System.Numerics.BitOperations.Crc32C(crc, b);
        return crc;
    }
}
