using CityBrain.History;
using CityBrain.Model;
using CityBrain.Replay;
using CityBrain.Testing;

namespace CityBrain.Tests.Journal;

/// <summary>
/// tests/golden/journal-version-1.cbj was written by the last program of format 1: 150 seconds of one intersection in
/// lockstep, three digests. Whatever comes later must read it, replay it to the same state, and go on with it.
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
    public void A_journal_of_version_1_replays_to_the_digests_it_notes()
    {
        using JournalPlayer player = Play();
        Assert.Equal((JournalEnd.Clean, (ulong)Events), (player.Reader.End, player.Reader.EventCount));
        Assert.Equal(3, player.DigestsEqual);
        Assert.Null(player.FirstDifference);
    }

    [Fact]
    public void It_is_gone_on_with_and_still_replays()
    {
        ulong after;
        using (JournalPlayer player = Play())
        using (var writer = JournalWriter.Open(_folder, player.Reader.Preamble!))
        {
            CityEvent tick = CityEvent.Tick(player.Brain.NowMs + 1000);
            writer.Add(tick, []);
            player.Brain.Accept(tick, []);
            after = player.Brain.Digest();
            writer.NoteDigest(after);
        }
        using JournalPlayer again = Play();
        Assert.Equal((JournalEnd.Clean, Events + 1UL), (again.Reader.End, again.Reader.EventCount));
        Assert.Equal(4, again.DigestsEqual);
        Assert.Equal(after, again.Brain.Digest());
    }

    [Fact]
    public void A_changed_byte_in_it_is_damage_and_a_cut_tail_is_not()
    {
        byte[] whole = File.ReadAllBytes(Segment);
        byte[] changed = [.. whole];
        changed[whole.Length / 2] ^= 1;
        File.WriteAllBytes(Segment, changed);
        using (JournalPlayer player = Play()) Assert.Equal(JournalEnd.Damaged, player.Reader.End);
        File.WriteAllBytes(Segment, whole[..^30]);
        using (JournalPlayer player = Play()) Assert.Equal(JournalEnd.Torn, player.Reader.End);
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
        using (JournalPlayer player = Play()) Assert.Equal(JournalEnd.Newer, player.Reader.End);
        using JournalReader reader = JournalReader.Open(_folder);
        var e = Assert.Throws<JournalDamagedException>(() => JournalWriter.Open(_folder, reader.Preamble!));
        Assert.Contains("newer version", e.Message);
        Assert.Equal(bytes, File.ReadAllBytes(Segment));
    }

    private JournalPlayer Play()
    {
        JournalPlayer player = JournalPlayer.Open(_folder);
        while (player.Step(out _)) { }
        return player;
    }

    private static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        uint crc = 0xFFFFFFFF;
        foreach (byte b in bytes) crc = System.Numerics.BitOperations.Crc32C(crc, b);
        return crc;
    }
}
