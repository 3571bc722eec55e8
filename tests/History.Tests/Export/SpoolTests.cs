using System.Text;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Export;
using CityBrain.History.Tests.Archive;
using Xunit;

namespace CityBrain.History.Tests.Export;

/// <summary>The queue on disk between a journal and a store.</summary>
public sealed class SpoolTests : IDisposable
{
    private static readonly TimeSpan Now = TimeSpan.Zero;
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-spool-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Segments_come_out_in_order_and_outlive_the_process()
    {
        string id;
        using (var spool = new Spool(_folder, 1 << 20))
        {
            id = spool.Id;
            for (int i = 1; i <= 3; i++) await spool.AppendAsync(i * 10, i, [Part($"rows {i}")], default);
            SpoolSegment first = (await spool.OldestAsync(Now, default))!;
            Assert.Equal((0, 10, 1), (first.Number, first.Position, first.Points));
            Assert.Equal("rows 1", Text(first));
            spool.Remove(first);
            Assert.Equal(2, spool.WaitingSegments);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Equal(id, spool.Id);
            Assert.Equal(30, spool.Position);
            await spool.AppendAsync(40, 4, [Part("rows 4")], default);
            for (int i = 2; i <= 4; i++)
            {
                SpoolSegment next = (await spool.OldestAsync(Now, default))!;
                Assert.Equal((i - 1, $"rows {i}"), (next.Number, Text(next)));
                spool.Remove(next);
            }
            Assert.Null(await spool.OldestAsync(Now, default));
            Assert.Equal(0, spool.WaitingBytes);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Equal(40, spool.Position);
            await spool.AppendAsync(50, 1, [Part("rows 5")], default);
            Assert.Equal(4, (await spool.OldestAsync(Now, default))!.Number);
        }
    }

    [Fact]
    public async Task A_full_spool_makes_its_source_wait()
    {
        using var spool = new Spool(_folder, 3000);
        await spool.AppendAsync(1, 1, [Part(new string('a', 2000))], default);
        Task second = spool.AppendAsync(2, 1, [Part(new string('b', 2000))], default);
        Assert.False(second.IsCompleted);
        spool.Remove((await spool.OldestAsync(Now, default))!);
        await second;
        Assert.Equal('b', Text((await spool.OldestAsync(Now, default))!)[0]);
        Assert.True(spool.WaitsForRoom > 0);
    }

    [Fact]
    public async Task A_segment_acknowledged_but_not_taken_away_is_not_sent_again()
    {
        string kept = Path.Combine(_folder, "kept");
        using (var spool = new Spool(_folder, 1 << 20))
        {
            await spool.AppendAsync(1, 1, [Part("once")], default);
            string path = Directory.GetFiles(_folder, "*.spool").Single();
            File.Copy(path, kept);
            spool.Remove((await spool.OldestAsync(Now, default))!);
            File.Move(kept, path);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Null(await spool.OldestAsync(Now, default));
            Assert.Empty(Directory.GetFiles(_folder, "*.spool"));
        }
    }

    [Fact]
    public async Task A_changed_byte_is_told_and_not_sent()
    {
        using var spool = new Spool(_folder, 1 << 20);
        await spool.AppendAsync(1, 1, [Part("rows")], default);
        string path = Directory.GetFiles(_folder, "*.spool").Single();
        byte[] bytes = File.ReadAllBytes(path);
        bytes[^1] ^= 1;
        File.WriteAllBytes(path, bytes);
        await Assert.ThrowsAsync<IOException>(() => spool.OldestAsync(Now, default));
    }

    [Fact]
    public async Task A_refused_segment_is_laid_aside_with_its_reason()
    {
        using var spool = new Spool(_folder, 1 << 20);
        await spool.AppendAsync(1, 1, [Part("bad")], default);
        await spool.AppendAsync(2, 1, [Part("good")], default);
        var store = new Store(segment => Text(segment) == "bad"
            ? new StoreRefusedException("field type conflict", everything: false)
            : null);
        var sender = new SpoolSender(spool, store);
        await sender.RunAsync(Task.CompletedTask, default);
        Assert.Equal(["good"], store.Taken);
        Assert.Equal((1, 1), (spool.Refused, sender.Points));
        Assert.Contains("field type conflict", File.ReadAllText(Directory.GetFiles(_folder, "*.txt", SearchOption.AllDirectories).Single()));
    }

    [Fact]
    public async Task What_a_store_could_not_take_is_sent_again_in_order()
    {
        using var spool = new Spool(_folder, 1 << 20);
        for (int i = 0; i < 5; i++) await spool.AppendAsync(i + 1, 1, [Part($"{i}")], default);
        int fails = 0;
        var store = new Store(_ => fails++ is 0 or 3 ? new IOException("down") : null);
        var sender = new SpoolSender(spool, store);
        await sender.RunAsync(Task.CompletedTask, default);
        Assert.Equal(["0", "1", "2", "3", "4"], store.Taken);
        Assert.Equal(2, sender.Failures);
    }

    [Fact]
    public void Line_protocol_escapes_what_it_must()
    {
        var ids = new ArchiveIds(["d"], ["loop 1,a=b\\c"], ["j"], ["l"]);
        var rows = new TableRows(ArchiveTables.Windows, ids);
        rows.Add(1_700_000_000_123).Add(0L).Add(60L).Add(7L).Add(2.5).Add(0.25).Add(double.NaN);
        Assert.Equal(
            "windows,district=old\\ town,Detector=loop\\ 1\\,a\\=b\\\\c LengthS=60i,Readings=7i,Count=2.5,Occupancy=0.25 "
            + "1700000000123000000\n",
            Encoding.UTF8.GetString(LineProtocol.Encode(ArchiveTables.Windows, "old town", rows.Build())));
    }

    [Fact]
    public void Events_of_one_instant_stay_points_of_their_own()
    {
        var rows = new TableRows(ArchiveTables.Events, ArchiveSamples.Ids);
        foreach (long number in (long[])[41, 42])
            rows.Add(1000L).Add(number).Add(3L).Add(0L).Add(0L).Add(0L).Add(1.0).Add(0.0).Add(0.0).Add(0L).Add("ab\"c");
        string[] lines = Encoding.UTF8.GetString(LineProtocol.Encode(ArchiveTables.Events, "d", rows.Build())).Split('\n');
        Assert.EndsWith(" 1000000041", lines[0]);
        Assert.EndsWith(" 1000000042", lines[1]);
        Assert.Contains("Extra=\"ab\\\"c\"", lines[0]);
        Assert.StartsWith("events,district=d,Kind=Camera,Place=loop-1 Number=41i,", lines[0]);
    }

    private static SpoolPart Part(string text) => new("windows", Encoding.UTF8.GetBytes(text));

    private static string Text(SpoolSegment segment) => Encoding.UTF8.GetString(segment.Parts.Single().Payload.Span);

    private sealed class Store(Func<SpoolSegment, Exception?> fails) : IWarmStore
    {
        public List<string> Taken { get; } = [];
        public string Name => "a store";

        public byte[] Encode(ArchiveTable table, string district, ArrowBatch batch) => [];

        public Task SendAsync(string spool, SpoolSegment segment, CancellationToken cancel)
        {
            if (fails(segment) is { } failure) return Task.FromException(failure);
            Taken.Add(Text(segment));
            return Task.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
