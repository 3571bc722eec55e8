using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Replay;
using CityBrain.SignalControl;
using CityBrain.Simulation;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Tests.Replay;

/// <summary>A seek ends with the brain that playing through would have led to, bit for bit.</summary>
public sealed class ReplayWorldTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-replay-").FullName;

    public static TheoryData<string> PolicyNames => [.. Policies.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(PolicyNames))]
    public void A_snapshot_goes_on_as_the_original_does(string policy)
    {
        WriteTiny(policy, 300);
        Dictionary<long, ulong> through = Through();
        using var world = new ReplayWorld(_folder);
        var snapshots = new List<Snapshot>();
        while (world.Step())
            if (world.NowMs % 50_000 == 0 && world.Photograph() is { } snapshot) snapshots.Add(snapshot);
        Assert.True(snapshots.Count >= 3, $"{snapshots.Count} snapshots");
        foreach (int pick in (int[])[2, 0, 1, 0])
        {
            world.Return(snapshots[pick]);
            Assert.Equal(through[snapshots[pick].TickMs], world.Brain.Digest());
            for (int i = 0; i < 40 && world.Step(); i++) Assert.Equal(through[world.NowMs], world.Brain.Digest());
        }
    }

    [Fact]
    public void A_city_with_loops_and_cameras_is_copied_whole()
    {
        City city = DemoCity.Build();
        WriteSimulated(city, 90);
        Dictionary<long, ulong> through = Through();
        using var world = new ReplayWorld(_folder);
        for (int i = 0; i < 40; i++) world.Step();
        Snapshot? snapshot = world.Photograph();
        for (; snapshot is null; snapshot = world.Photograph()) world.Step();
        for (int i = 0; i < 20; i++) world.Step();
        GC.Collect();
        GC.Collect();
        world.Return(snapshot);
        while (world.Step()) Assert.Equal(through[world.NowMs], world.Brain.Digest());
        Assert.Equal(through.Keys.Max(), world.NowMs);
    }

    [Fact]
    public void The_shelf_keeps_a_bounded_number_at_even_intervals()
    {
        WriteTiny("fixed", 200);
        using var world = new ReplayWorld(_folder);
        var shelf = new SnapshotShelf(intervalMs: 2_000, most: 16);
        while (world.Step())
            if (shelf.Wants(world.NowMs) && world.Photograph() is { } snapshot) shelf.Put(snapshot);
        Assert.InRange(shelf.Count, 8, 16);
        Assert.True(shelf.IntervalMs >= 8_000);
        Assert.InRange(1_150_000 - shelf.Last(1_150_000)!.TickMs, 0, shelf.IntervalMs * 2);
        Assert.Null(shelf.Last(999_000));
    }

    [Fact]
    public async Task Seeks_back_and_forth_show_what_playing_through_showed()
    {
        WriteTiny("predictive", 400);
        Dictionary<long, ulong> through = Through();
        await using var session = new ReplaySession(_folder, 1);
        session.Start(_ => { });
        await session.DoAsync(new Dashboard.ReplayOrder("pause"), default);
        var random = new Random(4);
        for (int i = 0; i < 30; i++)
        {
            long atMs = 1_000_000 + random.Next(1, 400) * 1000L - random.Next(1000);
            (string? wrong, Dashboard.ReplayView view) = await session.DoAsync(new Dashboard.ReplayOrder("seek", atMs), default);
            Assert.Null(wrong);
            Assert.InRange(view.AtMs, atMs, atMs + 999);
            Assert.Equal(through[view.AtMs].ToString("x16"), view.Digest);
            (_, view) = await session.DoAsync(new Dashboard.ReplayOrder("step"), default);
            Assert.Equal(through[view.AtMs].ToString("x16"), view.Digest);
        }
        Assert.True(session.State().Snapshots > 1);
    }

    /// <summary>The digest at each tick when the journal is played without a stop.</summary>
    private Dictionary<long, ulong> Through()
    {
        var digests = new Dictionary<long, ulong>();
        using var player = JournalPlayer.Open(_folder);
        while (player.Step(out CityEvent e))
            if (e.Kind == EventKind.Tick) digests[player.Brain.NowMs] = player.Brain.Digest();
        return digests;
    }

    private void WriteTiny(string policy, int seconds)
    {
        City city = TinyCity.Build();
        using JournalWriter journal = Writer(city, new BrainOptions { Policy = policy });
        new EventScript(city, 5).Play(seconds, 1_000_000, (e, extra) => Write(journal, e, extra));
    }

    private void WriteSimulated(City city, int seconds)
    {
        using JournalWriter journal = Writer(city, new BrainOptions());
        var streets = new SimulatedCity(city, SimulationOptions.Morning(city, 1, 27_000, 27_000_000));
        for (int s = 0; s < seconds; s++)
        {
            streets.Step();
            streets.Observe((in CityEvent e, ReadOnlySpan<byte> extra) => Write(journal, e, extra));
            Write(journal, CityEvent.Tick(streets.NowMs), []);
        }
    }

    private JournalWriter Writer(City city, BrainOptions options) => JournalWriter.Open(_folder,
        new JournalPreamble { City = city.Description, Options = options.ToDictionary(), WrittenBy = "test" });

    private static void Write(JournalWriter journal, in CityEvent e, ReadOnlySpan<byte> extra)
    {
        journal.Add(e, extra);
        if (e.Kind == EventKind.Tick) journal.Commit();
    }
}
