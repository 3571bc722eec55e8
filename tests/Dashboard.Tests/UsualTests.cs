using CityBrain.Model;
using Xunit;

namespace CityBrain.Dashboard.Tests;

/// <summary>The usual week: what it learns, what it forgets, and how the present is judged by it.</summary>
public sealed class UsualTests : IDisposable
{
    private const long MinuteMs = 60_000, HourMs = 60 * MinuteMs, DayMs = 24 * HourMs;
    /// <summary>Monday 4 May 2026, 08:00 in Greenwich.</summary>
    private static readonly long Monday8 = new DateTimeOffset(2026, 5, 4, 8, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-usual").FullName;
    private readonly City _city = MadeUpCity.Build(1, 1);
    private readonly List<string> _log = [];

    private UsualCity Start(string? timeZone = "Etc/UTC") =>
        new(new DashboardOptions { City = _city, DataFolder = _folder, TimeZone = timeZone, Log = _log.Add });

    private int Lane => _city.Intersections[0].StopLineLanes[0];

    /// <summary>Ten vehicles on one lane at half the limit for some minutes: five vehicles' worth of delay, or none at the limit.</summary>
    private void Play(UsualCity usual, long fromMs, int minutes, float speedShare = 0.5f, float vehicles = 10)
    {
        var frame = new CityFrame(_city);
        ref LaneState s = ref frame.Lanes[Lane];
        (s.Vehicles, s.SpeedMps) = (vehicles, speedShare * (float)_city.Lanes[Lane].Limit.MetresPerSecond);
        frame.Totals.DelayRate = vehicles * (1 - speedShare);
        for (int t = 0; t <= minutes * 6; t++)
        {
            frame.TimeMs = fromMs + t * 10_000;
            usual.Note(frame);
        }
    }

    [Fact]
    public void Before_an_hour_was_seen_nothing_is_usual()
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 30);
        Assert.Equal((UsualBasis.None, 0, 0), (usual.Basis, usual.Count, usual.HoursKnown));
        Assert.Equal(Unusual.Unknown, usual.Judge(Lane));
        Assert.Equal(-1, usual.DelayOf(_city.Intersections[0]).Usual);
    }

    [Fact]
    public void The_same_hour_of_the_next_week_is_compared_with_it()
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 61);
        Play(usual, Monday8 + 7 * DayMs, 10, speedShare: 0.5f);
        Assert.Equal((UsualBasis.SameHourOfWeek, 1), (usual.Basis, usual.Count));
        (float now, float typical) = usual.DelayOf(_city.Intersections[0]);
        Assert.Equal(5, typical, 0.05);
        Assert.Equal(5, now, 0.05);
        Assert.Equal(Unusual.Usual, usual.Judge(Lane));
        Assert.Equal(5, usual.At(Monday8 + 7 * DayMs)!.Value.DelayRate, 0.05);
    }

    [Theory]
    [InlineData(0.5f, 10, Unusual.Usual)]
    [InlineData(0.2f, 10, Unusual.More)]
    [InlineData(0f, 14, Unusual.MuchMore)]
    [InlineData(1f, 10, Unusual.Usual)]
    public void More_than_usual_shows(float speedShare, float vehicles, object judged)
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 61);
        Play(usual, Monday8 + 7 * DayMs, 40, speedShare, vehicles);
        Assert.Equal(judged, usual.Judge(Lane));
    }

    [Fact]
    public void Without_that_hour_days_of_the_same_kind_stand_in_for_it()
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 61);
        Play(usual, Monday8 + DayMs, 5);
        Assert.Equal((UsualBasis.SameKindOfDay, 1), (usual.Basis, usual.Count));
        Play(usual, Monday8 + 5 * DayMs, 5);
        Assert.Equal(UsualBasis.None, usual.Basis); // Saturday
    }

    [Fact]
    public void An_hour_of_which_little_was_seen_is_not_learnt()
    {
        UsualCity usual = Start();
        Play(usual, Monday8 + 40 * MinuteMs, 21);
        Assert.Equal(0, usual.HoursKnown);
    }

    [Fact]
    public void A_jump_of_the_clock_teaches_nothing()
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 20);
        Play(usual, Monday8 + 50 * MinuteMs, 11);
        Assert.Equal(0, usual.HoursKnown);
    }

    [Fact]
    public void The_hours_are_those_of_the_citys_own_zone()
    {
        UsualCity usual = Start("Asia/Shanghai");
        Play(usual, Monday8 + 30 * MinuteMs, 31); // 16:30 to 17:01 there
        Play(usual, Monday8 + 7 * DayMs, 1);
        Assert.Equal(UsualBasis.SameHourOfWeek, usual.Basis);
        Assert.Equal(Monday8 + 30 * MinuteMs, usual.Day(Monday8)[0].TimeMs);
    }

    [Fact]
    public void What_was_learnt_outlives_a_restart()
    {
        Play(Start(), Monday8, 61);
        UsualCity again = Start();
        Assert.Equal(1, again.HoursKnown);
        Play(again, Monday8 + 7 * DayMs, 1);
        Assert.Equal(5, again.DelayOf(_city.Intersections[0]).Usual, 0.05);
        Assert.Empty(_log);
    }

    [Theory]
    [InlineData(200), InlineData(3)]
    public void A_damaged_file_is_set_aside_and_said(int at)
    {
        Play(Start(), Monday8, 61);
        string file = Path.Combine(_folder, "usual.bin");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[at] ^= 1;
        File.WriteAllBytes(file, bytes);
        Assert.Equal(0, Start().HoursKnown);
        Assert.Contains("damaged", Assert.Single(_log), StringComparison.Ordinal);
        Assert.True(File.Exists(file + ".old"));
    }

    [Fact]
    public void A_frame_tells_how_unusual_a_lane_and_how_delayed_an_intersection_is()
    {
        UsualCity usual = Start();
        Play(usual, Monday8, 61);
        Play(usual, Monday8 + 7 * DayMs, 40, 0, 14);
        byte[] key = new FrameEncoder(_city, usual).Encode(new CityFrame(_city), 1).Key;
        int lane = FrameEncoder.HeaderSize + Lane * FrameEncoder.LaneSize;
        Assert.Equal((int)Unusual.MuchMore, key[lane + 5] >> 2 & 3);
        int place = FrameEncoder.HeaderSize + _city.Lanes.Length * FrameEncoder.LaneSize;
        Assert.Equal(1400, BitConverter.ToUInt16(key, place + 40), 15.0);
        Assert.Equal(500, BitConverter.ToUInt16(key, place + 42), 5.0);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
