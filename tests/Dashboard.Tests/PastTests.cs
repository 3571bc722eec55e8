using System.Net;
using System.Net.Http.Json;
using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>What the dashboard keeps of the past: arrivals and trails.</summary>
public sealed class PastTests
{
    private readonly City _city = MadeUpCity.Build(1, 1);

    private int Lane => _city.Intersections[0].StopLineLanes[0];

    private CityFrame With(long timeMs, params (double DistanceM, double SpeedMps)[] vehicles)
    {
        var frame = new CityFrame(_city) { TimeMs = timeMs };
        for (int v = 0; v < vehicles.Length; v++)
            frame.Sightings[Lane * TrafficState.SightingsPerLane + v] = VehicleSighting.Of(vehicles[v].DistanceM, vehicles[v].SpeedMps, 4.5, VehicleClass.Car);
        frame.Lanes[Lane].SightingCount = vehicles.Length;
        return frame;
    }

    [Fact]
    public void A_vehicle_arrives_once_at_the_time_its_speed_says()
    {
        var log = new ArrivalLog(_city);
        for (int s = 0; s <= 12; s++) log.Note(With(1_000_000 + s * 1000, (140 - 10 * s, 10)));
        // It passes 90 m in the fifth second and would be at the line nine seconds later.
        Assert.Equal([1_014_000], log.Of(Lane));
    }

    [Fact]
    public void A_standing_queue_does_not_arrive_again_and_again()
    {
        var log = new ArrivalLog(_city);
        for (int s = 0; s < 60; s++) log.Note(With(1_000_000 + s * 1000, (10, 0), (88, 0.1), (95, 0)));
        Assert.Empty(log.Of(Lane));
    }

    [Fact]
    public void Arrivals_are_bounded_and_a_clock_that_goes_back_begins_anew()
    {
        var log = new ArrivalLog(_city);
        for (int s = 0; s < 1000; s++) log.Note(With(1_000_000 + s * 1000, (85, 10)));
        long[] kept = log.Of(Lane);
        Assert.Equal(ArrivalLog.Kept, kept.Length);
        Assert.Equal(1_999_000 + 8500, kept[^1]);
        log.Note(With(500_000));
        Assert.Empty(log.Of(Lane));
    }

    [Fact]
    public void Trails_hold_five_minutes_of_the_lanes_that_are_asked_for()
    {
        var archive = new TrailArchive(1 << 20);
        var encoder = new FrameEncoder(_city);
        for (int s = 0; s < 400; s++)
        {
            CityFrame frame = With(1_000_000 + s * 1000, (50 + s % 7, 0), (100, 5));
            archive.Note(frame.TimeMs, encoder.EncodeVehicles(frame, (uint)s));
        }
        byte[] dots = archive.Of([Lane + 1, Lane], 0);
        Assert.Equal(1_398_000 - TrailArchive.KeptMs, BitConverter.ToDouble(dots));
        Assert.Equal(2 * (TrailArchive.KeptMs / TrailArchive.StepMs + 1), BitConverter.ToInt32(dots, 8));
        Assert.Equal(16 + TrailArchive.DotBytes * BitConverter.ToInt32(dots, 8), dots.Length);
        Assert.Equal(1, BitConverter.ToUInt16(dots, 20));
        Assert.InRange(BitConverter.ToUInt16(dots, 22), 500, 560);
        Assert.Equal(0, BitConverter.ToInt32(archive.Of([Lane + 1], 0), 8));
        Assert.Equal(2, BitConverter.ToInt32(archive.Of([Lane], 1_396_000), 8));
    }

    [Fact]
    public void Trails_keep_within_their_bytes()
    {
        var archive = new TrailArchive(200);
        var encoder = new FrameEncoder(_city);
        for (int s = 0; s < 100; s += 2)
        {
            CityFrame frame = With(1_000_000 + s * 1000, (50, 0));
            archive.Note(frame.TimeMs, encoder.EncodeVehicles(frame, (uint)s));
        }
        Assert.InRange(BitConverter.ToInt32(archive.Of([Lane], 0), 8), 1, 200 / 34);
    }

    [Fact]
    public async Task Trails_of_lanes_that_are_none_are_a_bad_request()
    {
        await using RunningDashboard d = await RunningDashboard.StartAsync();
        foreach (string lanes in (string[])["999999", "-1", "a", string.Join(',', Enumerable.Repeat(0, 200))])
            Assert.Equal(HttpStatusCode.BadRequest, (await d.Http.GetAsync($"/api/v1/trails?lanes={lanes}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await d.Http.GetAsync("/api/v1/trails?lanes=0,1")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await d.Http.GetAsync("/api/v1/nothing")).StatusCode);
    }
}
