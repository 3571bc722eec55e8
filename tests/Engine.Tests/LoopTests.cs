using CityBrain.Engine.Windows;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

public class LoopTests
{
    private readonly EngineDriver _d = new();
    private readonly WindowRow[] _rows = new WindowRow[64];

    private WindowRow[] Rows(WindowLength length = WindowLength.Seconds60) =>
        [.. _rows[.._d.Engine.Rows.Fetch(_rows)].Where(r => r.Length == length)];

    [Fact]
    public void A_minute_closes_with_its_sums_ten_seconds_after_its_end()
    {
        for (int t = 60; t < 120; t++) _d.Loop(t, "l-w0", t % 2, 0.2f, 10 + t % 4).Tick(t);
        _d.Tick(129);
        Assert.Empty(Rows());
        _d.Tick(130);
        WindowRow row = Assert.Single(Rows());
        Assert.Equal((60_000L, _d.Detector("l-w0"), 60), (row.StartMs, row.Detector, row.Readings));
        Assert.Equal(30, row.Count);
        Assert.Equal(0.2f, row.Occupancy, 1e-5f);
        Assert.Equal(12, row.SpeedMps, 1e-4f); // vehicles came in odd seconds: 11 and 13 m/s
    }

    [Fact]
    public void Late_readings_count_in_their_own_window_until_it_closes()
    {
        _d.Tick(60).Loop(60, "l-w0", 1, 0, 10).Tick(110).Loop(119, "l-w0", 1, 0, 10).Tick(120);
        _d.Loop(125, "l-w0", 1, 0, 10).Loop(118, "l-w0", 1, 0, 10).Tick(129);
        _d.Loop(117, "l-w0", 1, 0, 10);
        Assert.Equal(2, _d.Engine.Counters.OutOfOrder);
        _d.Tick(130).Loop(116, "l-w0", 1, 0, 10);
        Assert.Equal(1, _d.Engine.Counters.TooLate);
        Assert.Equal(4, Assert.Single(Rows()).Count);
    }

    [Fact]
    public void Each_reading_counts_once()
    {
        _d.Tick(60).Loop(60, "l-w0", 1, 0, 10).Loop(61, "l-w0", 1, 0, 10).Loop(60, "l-w0", 1, 0, 10)
            .Loop(61, "l-w0", 1, 0, 10).Tick(150);
        Assert.Equal(2, _d.Engine.Counters.Duplicate);
        Assert.Equal(2, Assert.Single(Rows()).Count);
    }

    [Fact]
    public void With_sequences_readings_may_be_closer_and_duplicates_are_exact()
    {
        int loop = _d.Detector("l-w0");
        _d.Tick(60);
        foreach (uint sequence in (uint[])[1, 2, 3, 2, 5, 4, 5])
            _d.Engine.Accept(new CityEvent(60_000 + sequence * 10, loop, EventKind.Loop, 0, 0, 1, 0, 10, sequence), default);
        Assert.Equal((2L, 1L), (_d.Engine.Counters.Duplicate, _d.Engine.Counters.OutOfOrder));
        // the sensor restarts and counts from 1 again after 70,000
        foreach (uint sequence in (uint[])[70_000, 1, 2])
            _d.Engine.Accept(new CityEvent(61_000, loop, EventKind.Loop, 0, 0, 1, 0, 10, sequence), default);
        Assert.Equal(2, _d.Engine.Counters.Duplicate);
    }

    [Theory]
    [InlineData(-1, 0.5, 10)]
    [InlineData(101, 0.5, 10)]
    [InlineData(float.NaN, 0.5, 10)]
    [InlineData(1, -0.1, 10)]
    [InlineData(1, 1.01, 10)]
    [InlineData(1, float.NaN, 10)]
    [InlineData(1, 0.5, -1)]
    [InlineData(1, 0.5, 101)]
    [InlineData(float.PositiveInfinity, 0.5, 10)]
    public void Impossible_values_are_refused_on_both_ways(float count, float occupancy, float speed)
    {
        _d.Tick(60).Loop(60, "l-w0", count, occupancy, speed);
        _d.Engine.Accept([new LoopReading(61_000, _d.Detector("l-w0"), count, occupancy, speed)]);
        Assert.Equal((2L, 0L), (_d.Engine.Counters.Impossible, _d.Engine.Counters.Accepted));
    }

    [Fact]
    public void A_vehicle_without_a_speed_leaves_the_mean_alone()
    {
        _d.Tick(60).Loop(60, "l-w0", 2, 0.1f, 8).Loop(61, "l-w0", 2, 0.1f, float.NaN).Loop(62, "l-w0", 0, 0, float.NaN);
        _d.Tick(150);
        Assert.Equal((4f, 8f), (Rows()[0] is var r ? (r.Count, r.SpeedMps) : default));
    }

    [Fact]
    public void Longer_windows_are_sums_of_minutes()
    {
        for (int t = 0; t <= 1000; t++) _d.Tick(t).Loop(t, "l-w0", 1, 0.5f, 10);
        WindowRow[] all = _rows[.._d.Engine.Rows.Fetch(_rows)];
        Assert.Equal(16, all.Count(r => r.Length == WindowLength.Seconds60));
        Assert.Equal([300f, 300f, 300f], all.Where(r => r.Length == WindowLength.Minutes5).Select(r => r.Count));
        WindowRow quarter = Assert.Single(all, r => r.Length == WindowLength.Minutes15);
        Assert.Equal((0L, 900f, 900), (quarter.StartMs, quarter.Count, quarter.Readings));
        Assert.Equal((960_000L - 60_000, 60), (_d.Engine.LastWindow(_d.Detector("l-w0"), WindowLength.Seconds60) is var m
            ? (m.StartMs, m.Readings) : default));
    }

    [Fact]
    public void Windows_of_five_seconds()
    {
        for (int t = 60; t < 80; t++) _d.Tick(t).Loop(t, "l-w0", t, 0, 10);
        _d.Tick(80);
        WindowRow row = _d.Engine.LastWindow(_d.Detector("l-w0"), WindowLength.Seconds5);
        Assert.Equal((65_000L, 5, 65f + 66 + 67 + 68 + 69), (row.StartMs, row.Readings, row.Count));
    }

    [Fact]
    public void The_rows_nobody_fetched_are_overwritten_and_counted()
    {
        var d = new EngineDriver(options: new EngineOptions { RowCapacity = 2 });
        for (int t = 0; t <= 200; t++) d.Tick(t).Loop(t, "l-w0", 1, 0, 10);
        Assert.Equal((3L, 1L), (d.Engine.Rows.Closed, d.Engine.Rows.Overwritten));
    }

    [Fact]
    public void A_batch_gives_what_single_readings_give_however_it_is_cut()
    {
        City city = CrossingCity.Build(5, cameras: false);
        int[] loops = [.. city.Detectors.Where(x => x.Kind == DetectorKind.Loop).Select(x => x.Index)];
        ulong one = Feed(city, loops, size: 1, single: true);
        foreach (int size in (int[])[1, 7, 64, 10_000]) Assert.Equal(one, Feed(city, loops, size, single: false));
    }

    private static ulong Feed(City city, int[] loops, int size, bool single)
    {
        var engine = new TrafficEngine(city, new EngineOptions());
        var random = new SeededRandom(3);
        var second = new List<LoopReading>();
        for (int t = 0; t < 300; t++)
        {
            engine.Tick(t * 1000);
            second.Clear();
            foreach (int loop in loops)
                second.Add(new LoopReading(
                    Math.Max(0, t - (random.Next(10) == 0 ? random.Next(15) : 0)) * 1000 + loop, loop, random.Next(3),
                    random.Next(50) == 0 ? 2 : (float)random.NextShare(), random.Next(4) == 0 ? float.NaN : 12));
            for (int at = 0; at < second.Count; at += size)
            {
                LoopReading[] part = [.. second.Skip(at).Take(size)];
                if (!single) engine.Accept(part);
                else
                    foreach (LoopReading r in part)
                        engine.Accept(new CityEvent(
                            r.TimeMs, r.Detector, EventKind.Loop, 0, 0, r.Count, r.Occupancy, r.SpeedMps, 0), default);
            }
        }
        EngineCounters c = engine.Counters;
        Assert.Equal(c.Received, c.Accepted + c.TooLate + c.Duplicate + c.Impossible + c.Unknown);
        Assert.True(c.OutOfOrder > 0 && c.TooLate > 0 && c.Impossible > 0);
        var digest = new Digest();
        engine.Tick(310_000);
        // What a batch and single readings may differ in is only where the time of the last reading is kept.
        for (int i = 0; i < engine.State.Detectors.Length; i++) engine.State.Detectors[i].SeenMs = 0;
        engine.AddTo(ref digest);
        return digest.Value;
    }

    [Fact]
    public void A_lanes_flow_comes_from_its_loop()
    {
        for (int t = 0; t < 300; t++) _d.Tick(t).Loop(t, "l-w0", t % 4 == 0 ? 1 : 0, 0.1f, 9);
        Assert.Equal(900, _d.Lane("w0").FlowVph, 120.0);
        Assert.Equal(9, _d.Lane("w0").SpeedMps, 0.01);
        Assert.Equal(0.1, _d.Lane("w0").Occupancy, 0.01);
    }
}
