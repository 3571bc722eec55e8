using System.Runtime.InteropServices;
using CityBrain.Engine.EventLog;
using CityBrain.Model;
using CityBrain.Model.HiRes;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.Engine.Tests.EventLog;

/// <summary>What a controller would have logged of what its heads showed.</summary>
public class ControllerLogTests
{
    private readonly City _city = TinyCity.Build();
    private readonly List<HiResEvent> _events = [];
    private readonly ControllerLog _log;

    public ControllerLogTests() => _log = new ControllerLog(_city, _events.Add);

    private void Show(int second, string aspects) => _log.Accept(
        new CityEvent(second * 1000, 0, EventKind.Controller, 1, 0, 0, 0, 0, 0),
        MemoryMarshal.AsBytes<Aspect>(Aspects.Parse(aspects)));

    private string Of(int phase) => string.Join(' ', _events.Where(e => e.Parameter == phase)
        .Order().Select(e => $"{e.TimeMs / 1000}:{e.EventId}"));

    [Fact]
    public void A_cycle_is_green_yellow_red_clearance_and_their_ends()
    {
        Show(0, "rrr");
        Show(5, "Grr");
        Show(6, "Grr");
        Show(20, "yrr");
        Show(23, "rrr");
        Show(25, "rGr");
        Show(40, "ryr");
        Show(43, "rrr");
        Show(45, "Grr");
        Assert.Equal("5:0 5:1 20:6 20:7 20:8 23:9 23:10 25:11 25:12 45:0 45:1", Of(1));
        Assert.Equal("25:0 25:1 40:6 40:7 40:8 43:9 43:10 45:11 45:12", Of(2));
    }

    [Fact]
    public void A_green_that_is_there_already_has_no_begin()
    {
        Show(0, "Grr");
        Show(9, "yrr");
        Assert.Equal("9:6 9:7 9:8", Of(1));
    }

    [Fact]
    public void A_walk_rests_in_green_and_clears_before_its_end()
    {
        Show(0, "rGr");
        Show(10, "GrG");
        Show(40, "Grr");
        Show(50, "GrG");
        Show(58, "Grr");
        // 5 s of walk and 6 s of clearance: dated back from the end, but never before the walk is over.
        Assert.Equal("10:21 34:22 40:23 50:21 55:22 58:23", Of(3));
    }

    [Fact]
    public void Calls_begin_and_end()
    {
        var commands = new CommandBuffer(1, 3);
        var traffic = new TrafficState(_city);
        traffic.Group(0, 0).CallSinceMs = traffic.Group(0, 1).CallSinceMs = traffic.Group(0, 2).CallSinceMs = -1;
        Show(0, "rrr");
        Show(5, "Grr");
        _log.Tick(traffic, commands, 6000);
        traffic.Group(0, 1).CallSinceMs = 6500;
        _log.Tick(traffic, commands, 7000);
        traffic.Group(0, 1).CallSinceMs = -1;
        _log.Tick(traffic, commands, 8000);
        Assert.Equal("7:43 8:44", Of(2));
    }

    [Fact]
    public void Loops_and_buttons_are_wired_to_the_phases_they_serve()
    {
        Assert.Equal(
            [
                new DetectorAssignment(0, 1, 1, DetectorFunction.Presence),
                new DetectorAssignment(0, 1, 1, DetectorFunction.StopBarCount),
                new DetectorAssignment(0, 1, 1001, DetectorFunction.YellowRed),
            ], _log.Wiring.Table.Assignments);
        int loop = _city.Detectors.Single(d => d.Kind == DetectorKind.Loop).Index;
        int button = _city.Detectors.Single(d => d.Kind == DetectorKind.Button).Index;
        _log.Accept(new CityEvent(1000, loop, EventKind.Loop, 0, 0, 1, 0.5f, 8, 0), []);
        _log.Accept(new CityEvent(2000, loop, EventKind.Loop, 0, 0, 0, 0, 0, 0), []);
        _log.Accept(new CityEvent(3000, button, EventKind.Button, 1, 0, 0, 0, 0, 0), []);
        Assert.Equal(
            [
                new HiResEvent(500, 0, 82, 1), new HiResEvent(1000, 0, 81, 1), new HiResEvent(1000, 0, 82, 1001),
                new HiResEvent(1100, 0, 81, 1001), new HiResEvent(3000, 0, 90, 3),
            ], _events);
    }

    [Fact]
    public void What_names_nothing_of_the_city_is_refused_and_counted()
    {
        foreach (EventKind kind in (EventKind[])[EventKind.Loop, EventKind.Button, EventKind.Controller])
            foreach (int index in (int[])[-1, 999])
                _log.Accept(new CityEvent(1000, index, kind, 0, 0, 1, 1, 1, 0), []);
        Show(1, "G");
        Assert.Empty(_events);
        Assert.Equal(6, _log.Refused);
    }
}
