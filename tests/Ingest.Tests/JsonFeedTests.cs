using System.Runtime.InteropServices;
using System.Text;
using CityBrain.Ingest.Feeds;
using CityBrain.Model;

namespace CityBrain.Ingest.Tests;

public class JsonFeedTests
{
    [Fact]
    public void A_loop_reading()
    {
        var f = new Feeding();
        Assert.Equal(MessageFate.Read, f.Send("loop/l-w0",
            """{"timeMs":1000,"count":2,"occupancy":0.31,"speedMps":12.5,"sequence":7}"""));
        CityEvent e = Assert.Single(f.Events);
        Assert.Equal(new CityEvent(1000, f.Detector("l-w0"), EventKind.Loop, 0, 0, 2, 0.31f, 12.5f, 7), e);
    }

    [Fact]
    public void Written_by_another_hand_it_reads_the_same()
    {
        var f = new Feeding();
        f.Send("loop/l-w0", """
            { "speedMps" : 1.25e1, "sensor": {"maker": ["x", 1]}, "sequence": 7,
              "occup\u0061ncy": 0.31, "count": 2, "timeMs": 1000 }
            """);
        Assert.Equal(new CityEvent(1000, f.Detector("l-w0"), EventKind.Loop, 0, 0, 2, 0.31f, 12.5f, 7), f.Events[0]);
    }

    [Fact]
    public void No_speed_is_not_a_number()
    {
        var f = new Feeding();
        f.Send("loop/l-w0", """{"timeMs":1000,"count":0,"occupancy":0}""");
        f.Send("loop/l-w0", """{"timeMs":2000,"count":0,"occupancy":0,"speedMps":null}""");
        Assert.Equal([float.NaN, float.NaN], f.Events.Select(e => e.C));
    }

    [Fact]
    public void A_camera_picture()
    {
        var f = new Feeding();
        Assert.Equal(MessageFate.Read, f.Send("camera/c-w0", """
            {"timeMs":1000,"sequence":3,"vehicles":3,"stopped":1,"sightings":[{"distanceM":1.5,"speedMps":0,"lengthM":4.5,"class":"car"},{"distanceM":20,"speedMps":8.25,"lengthM":12,"class":"bus"}]}
            """.Trim()));
        Assert.Equal(new CityEvent(1000, f.Detector("c-w0"), EventKind.Camera, 0, 16, 3, 1, 0, 3), f.Events[0]);
        Assert.Equal(
            [VehicleSighting.Of(1.5, 0, 4.5, VehicleClass.Car), VehicleSighting.Of(20, 8.25, 12, VehicleClass.Bus)],
            MemoryMarshal.Cast<byte, VehicleSighting>(f.Extras[0]).ToArray());
    }

    [Fact]
    public void Left_out_counts_come_from_the_sightings()
    {
        var f = new Feeding();
        f.Send("camera/c-w0", """{"timeMs":1,"sightings":[{"distanceM":1},{"distanceM":9,"speedMps":5}]}""");
        Assert.Equal((2f, 1f), (f.Events[0].A, f.Events[0].B));
    }

    [Fact]
    public void A_button_and_a_tick()
    {
        var f = new Feeding();
        f.Send("button/b0", """{"timeMs":5}""");
        f.Send("button/b0", """{"timeMs":6,"pressed":false}""");
        f.Send("tick", """{"timeMs":7}""");
        Assert.Equal([1, 0, 0], f.Events.Select(e => (int)e.Code));
        Assert.Equal(CityEvent.Tick(7), f.Events[2]);
    }

    [Fact]
    public void A_brain_with_its_own_clock_ignores_ticks()
    {
        var f = new Feeding(ticks: false);
        Assert.Equal(MessageFate.Read, f.Send("tick", """{"timeMs":7}"""));
        Assert.Empty(f.Events);
        Assert.Equal(1, f.Decoder.Counters.TicksIgnored);
    }

    [Fact]
    public void A_controller_state()
    {
        var f = new Feeding();
        f.Send("controller/j0/state", """
            {"intersection":"j0","timeMs":1000,"mode":"fallback","aspects":"yrG","stage":1,"lastSequence":9,"refusal":"shortGreen","fault":"lamp \"3\""}
            """.Trim());
        Assert.Equal(new CityEvent(1000, 0, EventKind.Controller, (byte)ControllerMode.Fallback, 3, 1,
            (float)Refusal.ShortGreen, 0, 9), f.Events[0]);
        Assert.Equal([(byte)Aspect.Yellow, (byte)Aspect.Red, (byte)Aspect.Green], f.Extras[0]);
    }

    [Theory]
    [InlineData("loop/l-w0", "")]
    [InlineData("loop/l-w0", "{}")]
    [InlineData("loop/l-w0", "[1]")]
    [InlineData("loop/l-w0", """{"timeMs":1000,"count":2}""")]
    [InlineData("loop/l-w0", """{"timeMs":1000,"count":"2","occupancy":0}""")]
    [InlineData("loop/l-w0", """{"timeMs":1000.5,"count":2,"occupancy":0}""")]
    [InlineData("loop/l-w0", """{"timeMs":01,"count":2,"occupancy":0}""")]
    [InlineData("loop/l-w0", """{"timeMs":1,"count":2,"occupancy":0} x""")]
    [InlineData("loop/l-w0", """{"timeMs":1,"count":2,"occupancy":1e999}""")]
    [InlineData("loop/l-w0", """{"timeMs":1,"count":2,"occupancy":0,"sequence":-1}""")]
    [InlineData("camera/c-w0", """{"timeMs":1}""")]
    [InlineData("camera/c-w0", """{"timeMs":1,"sightings":[{}]}""")]
    [InlineData("camera/c-w0", """{"timeMs":1,"sightings":[{"distanceM":-1}]}""")]
    [InlineData("camera/c-w0", """{"timeMs":1,"sightings":[{"distanceM":1,"class":"ufo"}]}""")]
    [InlineData("controller/j0/state", """{"timeMs":1,"mode":"remote"}""")]
    [InlineData("controller/j0/state", """{"timeMs":1,"mode":"remote","aspects":"Gxr"}""")]
    [InlineData("tick", """{"timeMs":-1}""")]
    [InlineData("batch", """{"timeMs":1}""")]
    public void What_cannot_be_read_is_malformed(string topic, string payload)
    {
        var f = new Feeding();
        Assert.Equal(MessageFate.Malformed, f.Send(topic, payload));
        Assert.Empty(f.Events);
        Assert.Equal(1, f.Decoder.Counters.Malformed);
    }

    [Fact]
    public void Strange_topics_and_times_are_counted()
    {
        var f = new Feeding();
        Assert.Equal(MessageFate.UnknownTopic, f.Send("loop/nobody", """{"timeMs":1,"count":0,"occupancy":0}"""));
        Assert.Equal(MessageFate.UnknownTopic, f.Send("loop/c-w0", """{"timeMs":1,"count":0,"occupancy":0}"""));
        f.Send("loop/l-w0", """{"timeMs":999999999999999,"count":0,"occupancy":0}""");
        Assert.Equal(1, f.Decoder.Counters.Impossible);
        Assert.Empty(f.Events);
    }

    [Fact]
    public void What_is_written_reads_back()
    {
        var f = new Feeding();
        var buffer = new byte[4096];
        var loop = new LoopReading(123_456, 0, 3, 0.123f, 9.87f);
        Assert.Equal(MessageFate.Read, f.Send("loop/l-w0", buffer.AsSpan(0, LoopFeed.Write(buffer, loop, 5))));
        Assert.Equal((3f, 0.123f, 9.87f, 5u), (f.Events[0].A, f.Events[0].B, f.Events[0].C, f.Events[0].Sequence));

        VehicleSighting[] seen = [new(12_345, 678, 45, VehicleClass.Truck), new(65_535, 0, 0, VehicleClass.Unknown)];
        f.Send("camera/c-w0", buffer.AsSpan(0, CameraFeed.Write(buffer, 99, 4, 2, 1, seen)));
        Assert.Equal(seen, MemoryMarshal.Cast<byte, VehicleSighting>(f.Extras[1]).ToArray());

        f.Send("button/b0", buffer.AsSpan(0, ButtonFeed.Write(buffer, 77, sequence: 3)));
        Assert.Equal((77L, 1, 3u), (f.Events[2].TimeMs, (int)f.Events[2].Code, f.Events[2].Sequence));

        Aspect[] aspects = [Aspect.Green, Aspect.Yellow, Aspect.Off];
        var report = new ControllerReport(88, 0, ControllerMode.Fault, -1, 4_000_000_000, Refusal.Stale);
        f.Send("controller/j0/state",
            buffer.AsSpan(0, ControllerFeed.Write(buffer, report, aspects, "j0"u8, "no \"power\"\n"u8)));
        Assert.Equal(ControllerFeed.Event(report, 3), f.Events[3]);
        Assert.Equal(aspects, MemoryMarshal.Cast<byte, Aspect>(f.Extras[3]).ToArray());

        ClockFeed.TryReadTock(buffer.AsSpan(0, ClockFeed.WriteTock(buffer, 1000, 3)), out long time, out int commands);
        Assert.Equal((1000L, 3), (time, commands));
        Assert.Equal(-1, LoopFeed.Write(buffer.AsSpan(0, 20), loop));
        Assert.Equal(MessageFate.Read, f.Send("tick", buffer.AsSpan(0, ClockFeed.WriteTick(buffer, 12))));
    }

    [Fact]
    public void A_command_in_json()
    {
        var aspects = new Aspect[3];
        byte[] json = Encoding.UTF8.GetBytes("""
            {"intersection":"j0","sequence":7,"timeMs":1000,"validUntilMs":3000,"kind":"show","stage":1,"aspects":"rGg",
             "reason":{"rule":"plan"}}
            """);
        Assert.True(CommandFeed.TryRead(json, 0, aspects, out ReceivedCommand command, out int groups));
        Assert.Equal(new ReceivedCommand(CommandKind.Show, 0, 7, 1000, 3000, 1), command);
        Assert.Equal([Aspect.Red, Aspect.Green, Aspect.GreenYield], aspects[..groups]);
        Assert.False(CommandFeed.TryRead("{\"kind\":\"show\"}"u8, 0, aspects, out _, out _));
    }
}
