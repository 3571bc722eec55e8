using System.Text;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.History.Tests.Journal;

public sealed class JournalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-journal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static JournalPreamble Preamble => new()
    {
        City = TinyCity.Describe(),
        Options = new Dictionary<string, string> { ["policy"] = "fixed" },
        WrittenBy = "test",
    };

    private static CityEvent Event(int i) => new(i * 100L, i, EventKind.Loop, 0, (ushort)(i % 5), i, 0.5f, 9f, (uint)i);
    private static byte[] Extra(int i) => Encoding.UTF8.GetBytes(new string('x', i % 5));

    private void Write(int from, int to, long segmentBytes = 1 << 20)
    {
        using var writer = JournalWriter.Open(_folder, Preamble, segmentBytes);
        for (int i = from; i < to; i++)
        {
            writer.Add(Event(i), Extra(i));
            if (i % 7 == 0) writer.Commit();
        }
    }

    private (List<CityEvent> Events, JournalReader Reader) ReadAll()
    {
        var reader = JournalReader.Open(_folder);
        var events = new List<CityEvent>();
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            Assert.Equal(Extra(e.Index), extra.ToArray());
            events.Add(e);
        }
        return (events, reader);
    }

    [Fact]
    public void What_was_written_is_read_again_over_many_segments()
    {
        Write(0, 1000, segmentBytes: 4096);
        var (events, reader) = ReadAll();
        using (reader)
        {
            Assert.Equal(Enumerable.Range(0, 1000).Select(Event), events);
            Assert.Equal(JournalEnd.Clean, reader.End);
            Assert.Equal("fixed", reader.Preamble!.Options["policy"]);
            Assert.Equal(CityJson.Write(TinyCity.Describe()), CityJson.Write(reader.Preamble.City));
        }
        Assert.True(Directory.GetFiles(_folder).Length > 3);
    }

    [Fact]
    public void A_journal_cut_at_any_byte_gives_a_whole_prefix_and_can_be_continued()
    {
        Write(0, 60);
        string segment = Directory.GetFiles(_folder).Single();
        byte[] whole = File.ReadAllBytes(segment);
        for (int cut = whole.Length - 1; cut > whole.Length - 700; cut--)
        {
            File.WriteAllBytes(segment, whole[..cut]);
            int kept;
            var (events, reader) = ReadAll();
            using (reader)
            {
                kept = events.Count;
                Assert.True(reader.End is JournalEnd.Torn or JournalEnd.Clean, $"cut at {cut}: {reader.End}");
                Assert.Equal(Enumerable.Range(0, kept).Select(Event), events);
            }
            Write(kept, 80);
            var (again, reader2) = ReadAll();
            using (reader2)
            {
                Assert.Equal(JournalEnd.Clean, reader2.End);
                Assert.Equal(Enumerable.Range(0, 80).Select(Event), again);
            }
        }
    }

    [Fact]
    public void A_changed_byte_is_never_read_as_an_event()
    {
        Write(0, 60);
        string segment = Directory.GetFiles(_folder).Single();
        byte[] whole = File.ReadAllBytes(segment);
        for (int at = 0; at < whole.Length; at += 3)
        {
            byte[] changed = [.. whole];
            changed[at] ^= 0x40;
            File.WriteAllBytes(segment, changed);
            var (events, reader) = ReadAll();
            using (reader)
            {
                Assert.NotEqual(JournalEnd.Clean, reader.End);
                Assert.Equal(Enumerable.Range(0, events.Count).Select(Event), events);
            }
        }
    }

    [Fact]
    public void A_block_exchanged_for_a_valid_one_breaks_the_chain()
    {
        Write(0, 60);
        string segment = Directory.GetFiles(_folder).Single();
        byte[] first = File.ReadAllBytes(segment);
        File.Delete(segment);
        using (var writer = JournalWriter.Open(_folder, Preamble))
            for (int i = 0; i < 60; i++)
            {
                // The same sizes, one other value early on.
                writer.Add(i == 2 ? Event(i) with { B = 0.75f } : Event(i), Extra(i));
                if (i % 7 == 0) writer.Commit();
            }
        byte[] second = File.ReadAllBytes(segment);
        Assert.Equal(first.Length, second.Length);
        // The head of one and the tail of the other: every checksum is right, the chain is not.
        int differs = Enumerable.Range(0, first.Length).First(i => first[i] != second[i]);
        int lastMagic = LastMagic(first);
        Assert.True(differs < lastMagic);
        File.WriteAllBytes(segment, [.. second[..lastMagic], .. first[lastMagic..]]);
        var reader = JournalReader.Open(_folder);
        using (reader)
        {
            while (reader.TryRead(out _, out _)) { }
            Assert.Equal(JournalEnd.Damaged, reader.End);
        }
        Assert.Throws<JournalDamagedException>(() => JournalWriter.Open(_folder, Preamble));
    }

    /// <summary>Found by fuzzing: a block that says it has more events than it holds, with a right checksum.</summary>
    [Fact]
    public void A_block_that_holds_fewer_events_than_it_says_gives_none()
    {
        byte[] block = Convert.FromHexString(
            "43424a31050000008bff34b802000200000000800000000002000000561c00000000000000000000000000000000" +
            "000000000000000000000000000000000000137b7d65c2");
        using (JournalWriter.Open(_folder, Preamble)) { }
        File.WriteAllBytes(Directory.GetFiles(_folder).Single(), block);
        using JournalReader reader = JournalReader.Open(_folder);
        Assert.False(reader.TryRead(out _, out _));
        Assert.Equal(JournalEnd.Damaged, reader.End);
    }

    [Fact]
    public void Digests_come_back_where_they_were_noted()
    {
        using (var writer = JournalWriter.Open(_folder, Preamble))
            for (int i = 0; i < 30; i++)
            {
                writer.Add(Event(i), Extra(i));
                if (i % 10 == 9) writer.NoteDigest((ulong)i);
            }
        using var reader = JournalReader.Open(_folder);
        var noted = new List<(ulong, ulong)>();
        while (reader.TryRead(out _, out _))
            if (reader.TryTakeDigest(out ulong digest)) noted.Add((reader.EventCount, digest));
        Assert.Equal([(10UL, 9UL), (20UL, 19UL), (30UL, 29UL)], noted);
    }

    [Fact]
    public void Nothing_is_allocated_per_event()
    {
        using var writer = JournalWriter.Open(_folder, Preamble);
        byte[] extra = new byte[40];
        Fill(writer, extra);
        Assert.Equal(0, Allocated.Least(_ => Fill(writer, extra)));
    }

    private static void Fill(JournalWriter writer, byte[] extra)
    {
        var e = new CityEvent(1, 1, EventKind.Camera, 0, 40, 1, 1, 1, 1);
        for (int i = 0; i < 1000; i++)
        {
            writer.Add(e, extra);
            if (i % 100 == 99) writer.Commit();
        }
    }

    private static int LastMagic(byte[] bytes)
    {
        for (int i = bytes.Length - 4; ; i--)
            if (bytes.AsSpan(i, 4).SequenceEqual("CBJ1"u8)) return i;
    }
}
