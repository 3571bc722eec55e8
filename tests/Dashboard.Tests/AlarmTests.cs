using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>When something becomes an alarm, when it stops being one, and what a restart leaves of it.</summary>
public sealed class AlarmTests : IDisposable
{
    private readonly City _city = MadeUpCity.Build(2, 1);
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-alarms-").FullName;
    private DateTimeOffset _now = DateTimeOffset.UnixEpoch;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private CityFrame Quiet(long timeMs)
    {
        var frame = new CityFrame(_city) { TimeMs = timeMs };
        for (int i = 0; i < frame.Intersections.Length; i++) frame.Intersections[i].WaitSinceMs = -1;
        return frame;
    }

    private CityFrame Fallback(long timeMs)
    {
        CityFrame frame = Quiet(timeMs);
        frame.Intersections[0].Mode = ControllerMode.Fallback;
        return frame;
    }

    private CityFrame Queue(long timeMs, params int[] lanes)
    {
        CityFrame frame = Quiet(timeMs);
        foreach (int lane in lanes) frame.Lanes[lane].QueueTailM = (float)_city.Lanes[lane].Length.Value - 1;
        return frame;
    }

    private void Play(AlarmBook book, int seconds, Func<long, CityFrame> frame, long fromMs)
    {
        for (int s = 0; s < seconds; s++) book.Note(frame(fromMs + s * 1000), _now += TimeSpan.FromSeconds(1));
    }

    private int StopLine => _city.Intersections[0].StopLineLanes[0];

    [Fact]
    public void A_city_that_is_taken_over_raises_no_alarm()
    {
        var book = new AlarmBook(_city);
        Play(book, 8, Fallback, 1_000_000);
        Play(book, 30, Quiet, 1_008_000);
        Assert.Empty(book.All());
    }

    [Fact]
    public void Fallback_that_lasts_is_an_alarm_since_it_began()
    {
        var book = new AlarmBook(_city);
        Play(book, 12, Fallback, 1_000_000);
        Alarm alarm = Assert.Single(book.All());
        Assert.Equal((AlarmKind.ControllerFallback, 1_000_000L), (alarm.Kind, alarm.SinceMs));
        Play(book, 1, Quiet, 1_012_000);
        Assert.Equal(1_012_000, Assert.Single(book.All()).UntilMs);
    }

    [Fact]
    public void A_queue_that_reaches_the_intersection_behind_is_spillback_when_it_lasts()
    {
        int lane = StopLine;
        var book = new AlarmBook(_city);
        Play(book, 14, t => Queue(t, lane), 1_000_000);
        Assert.Empty(book.All());
        Play(book, 6, t => Queue(t, lane), 1_014_000);
        Assert.Equal((AlarmKind.Spillback, lane), (Assert.Single(book.All()).Kind, book.All()[0].Index));
    }

    [Fact]
    public void A_full_bay_before_an_open_road_is_no_spillback()
    {
        // Two pieces of road in a row: the bay at the stop line, and the road that leads to it.
        City city = CityOfTwoPieces(out int bay, out int road);
        var reach = new SpillbackReach(city);
        var frame = new CityFrame(city);
        frame.Lanes[bay].QueueTailM = 49;
        Assert.False(reach.Reaches(frame, bay));
        frame.Lanes[road].QueueTailM = 60;
        Assert.False(reach.Reaches(frame, bay));
        frame.Lanes[road].QueueTailM = 190;
        Assert.True(reach.Reaches(frame, bay));
    }

    [Fact]
    public void What_comes_and_goes_with_the_cycle_is_one_alarm()
    {
        int lane = StopLine;
        var book = new AlarmBook(_city);
        for (int cycle = 0; cycle < 5; cycle++)
        {
            Play(book, 40, t => Queue(t, lane), 1_000_000 + cycle * 60_000);
            Play(book, 20, Quiet, 1_040_000 + cycle * 60_000);
        }
        Assert.Null(Assert.Single(book.All()).Until);
        Play(book, 40, Quiet, 1_300_000);
        // The last time the queue was seen.
        Assert.Equal(1_279_000, Assert.Single(book.All()).UntilMs);
    }

    [Fact]
    public void A_cleared_alarm_comes_again_only_with_a_new_cause()
    {
        var book = new AlarmBook(_city);
        Play(book, 12, Fallback, 1_000_000);
        Alarm alarm = Assert.Single(book.All());
        Assert.Null(book.Clear(alarm.Id + 1, "kim", _now, 1_011_500));
        Assert.Equal(("kim", "kim", 1_011_500L), (book.Clear(alarm.Id, "kim", _now, 1_011_500)!.ClearedBy, alarm.AcknowledgedBy, alarm.UntilMs));
        Play(book, 30, Fallback, 1_012_000);
        Assert.Equal(0, book.OpenCount);
        Play(book, 1, Quiet, 1_042_000);
        Play(book, 12, Fallback, 1_043_000);
        Assert.Equal(1, book.OpenCount);
        Assert.Equal(2, book.All().Length);
    }

    [Fact]
    public void Alarms_outlive_a_restart_with_who_took_note_of_them()
    {
        var book = new AlarmBook(_city);
        using (var file = new AlarmFile(_folder, book, null))
        {
            Play(book, 12, Fallback, 1_000_000);
            file.Note(book.TakeChanged());
            book.Acknowledge(1, "kim", _now);
            file.Note(book.TakeChanged());
            Assert.Empty(book.TakeChanged());
        }
        File.AppendAllText(Path.Combine(_folder, "alarms.jsonl"), "{\"id\":7,\"ki");
        var said = new List<string>();
        var after = new AlarmBook(_city);
        using (new AlarmFile(_folder, after, said.Add))
        {
            Alarm alarm = Assert.Single(after.All());
            Assert.Equal((1L, "kim", (long?)null), (alarm.Id, alarm.AcknowledgedBy, alarm.UntilMs));
            // Its cause is still there: it goes on, and is no second alarm.
            Play(after, 12, Fallback, 2_000_000);
            Assert.Equal(1, Assert.Single(after.All()).Id);
            Play(after, 1, Quiet, 2_012_000);
            Assert.NotNull(Assert.Single(after.All()).Until);
            Play(after, 12, Fallback, 2_020_000);
            Assert.Equal([2L, 1L], after.All().Select(a => a.Id));
        }
        Assert.Contains("1 lines cannot be read", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void The_file_of_alarms_stays_bounded()
    {
        var book = new AlarmBook(_city);
        using var file = new AlarmFile(_folder, book, null);
        Alarm[] one = [new Alarm(1, AlarmKind.FeedDown, 1, -1, 0, "loop", _now, 0)];
        Alarm[] many = [.. Enumerable.Repeat(one[0], AlarmFile.MostLines / 2)];
        for (int i = 0; i < 5; i++) file.Note(many);
        Assert.InRange(File.ReadLines(Path.Combine(_folder, "alarms.jsonl")).Count(), 1, AlarmFile.MostLines);
    }

    private static City CityOfTwoPieces(out int bay, out int road)
    {
        City city = CityBuilder.Build(new CityDescription
        {
            Name = "Two pieces",
            Districts = [new DistrictDescription("d", "D")],
            Lanes =
            [
                new LaneDescription { Id = "road", LengthM = 200, SpeedMps = 14, Shape = [[-250, 0], [-50, 0]] },
                new LaneDescription { Id = "bay", LengthM = 50, SpeedMps = 14, Shape = [[-50, 0], [0, 0]], Upstream = ["road"] },
                new LaneDescription { Id = "box", Kind = LaneKind.Box, LengthM = 10, SpeedMps = 14, Shape = [[0, 0], [10, 0]] },
                new LaneDescription { Id = "out", LengthM = 100, SpeedMps = 14, Shape = [[10, 0], [110, 0]] },
            ],
            Intersections = [],
        });
        (bay, road) = (city.Lanes.Single(l => l.Id == "bay").Index, city.Lanes.Single(l => l.Id == "road").Index);
        return city;
    }
}
