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
            SpoolSegment first = (await spool.TakeAsync(Now, default))!;
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
                SpoolSegment next = (await spool.TakeAsync(Now, default))!;
                Assert.Equal((i - 1, $"rows {i}"), (next.Number, Text(next)));
                spool.Remove(next);
            }
            Assert.Null(await spool.TakeAsync(Now, default));
            Assert.Equal(0, spool.WaitingBytes);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Equal(40, spool.Position);
            await spool.AppendAsync(50, 1, [Part("rows 5")], default);
            Assert.Equal(4, (await spool.TakeAsync(Now, default))!.Number);
        }
    }

    [Fact]
    public async Task What_was_acknowledged_out_of_order_waits_for_those_before_it()
    {
        using (var spool = new Spool(_folder, 1 << 20))
        {
            SpoolSegment[] taken = await AppendAndTakeAsync(spool, 3);
            Assert.Null(await spool.TakeAsync(Now, default));
            spool.Remove(taken[2]);
            spool.Remove(taken[1]);
            Assert.Equal(3, spool.WaitingSegments);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Equal((3, 3), (spool.Position, spool.WaitingSegments));
            SpoolSegment[] taken = await AppendAndTakeAsync(spool, 1, known: 3);
            Assert.Equal([0, 1, 2, 3], taken.Select(t => t.Number));
            spool.Refuse(taken[1], "no");
            Assert.Equal(4, spool.WaitingSegments);
            spool.Remove(taken[0]);
            Assert.Equal(2, spool.WaitingSegments);
            spool.Remove(taken[3]);
            spool.Remove(taken[2]);
            Assert.Equal((0, 0), (spool.WaitingSegments, spool.WaitingBytes));
            await spool.AppendAsync(5, 1, [Part("rows")], default);
            SpoolSegment next = (await spool.TakeAsync(Now, default))!;
            Assert.Equal((4, 4), (next.Number, next.Oldest));
        }
        Assert.Single(Directory.GetFiles(Path.Combine(_folder, "refused"), "*.spool"));
    }

    [Fact]
    public async Task Several_segments_are_on_their_way_at_once()
    {
        using var spool = new Spool(_folder, 1 << 20);
        for (int i = 0; i < 5; i++) await spool.AppendAsync(i + 1, 1, [Part($"{i}")], default);
        var together = new TaskCompletionSource();
        int running = 0;
        var store = new Store(_ => null)
        {
            Before = () => Interlocked.Increment(ref running) == 3 ? Task.Run(together.SetResult) : together.Task,
        };
        var sender = new SpoolSender(spool, store, inFlight: 3);
        await sender.RunAsync(Task.CompletedTask, default).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(["0", "1", "2", "3", "4"], store.Taken.Order());
        Assert.Equal((5, 0), (sender.Points, spool.WaitingSegments));
    }

    [Fact]
    public async Task A_store_that_refuses_everything_ends_all_and_the_segments_stay()
    {
        using var spool = new Spool(_folder, 1 << 20);
        for (int i = 0; i < 4; i++) await spool.AppendAsync(i + 1, 1, [Part($"{i}")], default);
        var store = new Store(segment => Text(segment) == "2"
            ? new StoreRefusedException("wrong password", everything: true)
            : new IOException("down"));
        var sender = new SpoolSender(spool, store, inFlight: 4);
        await Assert.ThrowsAsync<StoreRefusedException>(
            () => sender.RunAsync(Task.CompletedTask, default).WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal(4, spool.WaitingSegments);
    }

    [Fact]
    public async Task A_full_spool_makes_its_source_wait()
    {
        using var spool = new Spool(_folder, 3000);
        await spool.AppendAsync(1, 1, [Part(new string('a', 2000))], default);
        Task second = spool.AppendAsync(2, 1, [Part(new string('b', 2000))], default);
        Assert.False(second.IsCompleted);
        spool.Remove((await spool.TakeAsync(Now, default))!);
        await second;
        Assert.Equal('b', Text((await spool.TakeAsync(Now, default))!)[0]);
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
            spool.Remove((await spool.TakeAsync(Now, default))!);
            File.Move(kept, path);
        }
        using (var spool = new Spool(_folder, 1 << 20))
        {
            Assert.Null(await spool.TakeAsync(Now, default));
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
        await Assert.ThrowsAsync<IOException>(() => spool.TakeAsync(Now, default));
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
            "windows,Detector=loop\\ 1\\,a\\=b\\\\c,district=old\\ town LengthS=60i,Readings=7i,Count=2.5,Occupancy=0.25 "
            + "1700000000123000000\n",
            Encoding.UTF8.GetString(LineProtocol.Encode(ArchiveTables.Windows, "old town", rows.Build()).Span));
    }

    [Fact]
    public void Events_of_one_instant_stay_points_of_their_own()
    {
        var rows = new TableRows(ArchiveTables.Events, ArchiveSamples.Ids);
        foreach (long number in (long[])[41, 42])
            rows.Add(1000L).Add(number).Add(3L).Add(0L).Add(0L).Add(0L).Add(1.0).Add(0.0).Add(0.0).Add(0L).Add("ab\"c");
        string[] lines = Encoding.UTF8.GetString(LineProtocol.Encode(ArchiveTables.Events, "d", rows.Build()).Span).Split('\n');
        Assert.EndsWith(" 1000000041", lines[0]);
        Assert.EndsWith(" 1000000042", lines[1]);
        Assert.Contains("Extra=\"ab\\\"c\"", lines[0]);
        Assert.StartsWith("events,Kind=Camera,Place=loop-1,district=d Number=41i,", lines[0]);
    }

    [Fact]
    public void Rows_of_a_series_are_sent_together_in_their_order()
    {
        var rows = new TableRows(ArchiveTables.Windows, new ArchiveIds(["d"], ["a", "b"], [], []));
        for (int i = 0; i < 40; i++)
            rows.Add(i * 1000L).Add((long)(i % 2)).Add(60L).Add(7L).Add((double)i).Add(0.5).Add(1.5);
        string[] lines = Encoding.UTF8.GetString(LineProtocol.Encode(ArchiveTables.Windows, "d", rows.Build()).Span)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Enumerable.Range(0, 40).OrderBy(i => i % 2).ThenBy(i => i).Select(i =>
            $"windows,Detector={"ab"[i % 2]},district=d LengthS=60i,Readings=7i,Count={i},Occupancy=0.5,SpeedMps=1.5 "
            + $"{i * 1_000_000_000L}"), lines);
    }

    private static async Task<SpoolSegment[]> AppendAndTakeAsync(Spool spool, int count, int known = 0)
    {
        for (int i = 1; i <= count; i++) await spool.AppendAsync(known + i, 1, [Part("rows")], default);
        var taken = new SpoolSegment[known + count];
        for (int i = 0; i < taken.Length; i++) taken[i] = (await spool.TakeAsync(Now, default))!;
        return taken;
    }

    private static SpoolPart Part(string text) => new("windows", Encoding.UTF8.GetBytes(text));

    private static string Text(SpoolSegment segment) => Encoding.UTF8.GetString(segment.Parts.Single().Payload.Span);

    private sealed class Store(Func<SpoolSegment, Exception?> fails) : IWarmStore
    {
        public List<string> Taken { get; } = [];
        public Func<Task> Before { get; init; } = () => Task.CompletedTask;
        public string Name => "a store";

        public ReadOnlyMemory<byte> Encode(ArchiveTable table, string district, ArrowBatch batch) => default;

        public async Task SendAsync(string spool, SpoolSegment segment, CancellationToken cancel)
        {
            await Before();
            if (fails(segment) is { } failure) throw failure;
            lock (Taken) Taken.Add(Text(segment));
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
