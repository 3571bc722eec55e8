using System.Runtime.InteropServices;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Ingest.Tests;

public class BlockTests
{
    private readonly Feeding _f = new();
    private readonly byte[] _buffer = new byte[8192];

    [Fact]
    public void A_loop_block_has_the_documented_bytes()
    {
        var block = new BlockWriter(_buffer, BlockKind.Loops, 0x01020304, 9);
        Assert.True(block.TryAdd(new LoopReading(0x1122334455, 6, 2, 0.5f, float.NaN)));
        Assert.Equal("43420101" + "01000000" + "04030201" + "09000000"
            + "5544332211000000" + "06000000" + "00000040" + "0000003F" + "0000C0FF",
            Convert.ToHexString(_buffer.AsSpan(0, block.Finish())));
    }

    [Fact]
    public void A_camera_block_has_the_documented_bytes()
    {
        var block = new BlockWriter(_buffer, BlockKind.Cameras);
        Assert.True(block.TryAddCamera(1, 2, 3, 4, 5, [new VehicleSighting(0x0102, 0x0304, 45, VehicleClass.Bus)]));
        Assert.Equal("43420102" + "01000000" + "00000000" + "00000000"
            + "0100000000000000" + "02000000" + "03000000" + "0400" + "0500" + "0100" + "0000"
            + "0201" + "0403" + "2D" + "03" + "0000",
            Convert.ToHexString(_buffer.AsSpan(0, block.Finish())));
    }

    [Fact]
    public void Blocks_of_all_kinds_in_one_message_read_back()
    {
        uint detectors = Numbering.OfDetectors(_f.City), intersections = Numbering.OfIntersections(_f.City);
        var loops = new BlockWriter(_buffer, BlockKind.Loops, detectors);
        loops.TryAdd(new LoopReading(1000, _f.Detector("l-w0"), 2, 0.5f, 10));
        loops.TryAdd(new LoopReading(1001, _f.Detector("l-n0"), 3, 0.25f, 11));
        int at = loops.Finish();
        var cameras = new BlockWriter(_buffer.AsSpan(at), BlockKind.Cameras, detectors);
        VehicleSighting[] seen = [new(100, 0, 45, VehicleClass.Car), new(900, 500, 45, VehicleClass.Car)];
        cameras.TryAddCamera(1002, _f.Detector("c-w0"), 5, 2, 1, seen);
        cameras.TryAddCamera(1003, _f.Detector("c-n0"), 6, 0, 0, []);
        at += cameras.Finish();
        var buttons = new BlockWriter(_buffer.AsSpan(at), BlockKind.Buttons, detectors);
        buttons.TryAddButton(1004, _f.Detector("b0"), true);
        at += buttons.Finish();
        var controllers = new BlockWriter(_buffer.AsSpan(at), BlockKind.Controllers, intersections);
        var report = new ControllerReport(1005, 0, ControllerMode.Remote, -1, 17, Refusal.None);
        controllers.TryAdd(report, [Aspect.Green, Aspect.Red, Aspect.Red]);
        at += controllers.Finish();

        Assert.Equal(MessageFate.Read, _f.Send("batch", _buffer.AsSpan(0, at)));
        Assert.Equal([1000, 1001, 1002, 1003, 1004, 1005], _f.Events.Select(e => (int)e.TimeMs));
        Assert.Equal((3f, 0.25f, 11f), (_f.Events[1].A, _f.Events[1].B, _f.Events[1].C));
        Assert.Equal(seen, MemoryMarshal.Cast<byte, VehicleSighting>(_f.Extras[2]).ToArray());
        Assert.Equal(ControllerFeed.Event(report, 3), _f.Events[5]);
        Assert.Equal([4, 0, 0], _f.Extras[5].Select(b => (int)b));
    }

    [Fact]
    public void A_command_in_binary()
    {
        var sent = new ReceivedCommand(CommandKind.Show, 0, 4_000_000_000, 5000, 7000, 1);
        Aspect[] shown = [Aspect.Green, Aspect.Yellow, Aspect.Red];
        var block = new BlockWriter(_buffer, BlockKind.Commands);
        block.TryAddCommand(sent, shown);
        var aspects = new Aspect[8];
        ReadOnlySpan<byte> payload = _buffer.AsSpan(0, block.Finish());
        Assert.True(CommandFeed.TryRead(payload, 0, aspects, out ReceivedCommand read, out int groups));
        Assert.Equal(sent, read);
        Assert.Equal(shown, aspects[..groups]);
        Assert.False(CommandFeed.TryRead(payload, 1, aspects, out _, out _)); // another intersection's topic
        Assert.False(CommandFeed.TryRead(payload[..^1], 0, aspects, out _, out _));
    }

    [Fact]
    public void One_reading_may_be_binary_on_its_own_topic()
    {
        var block = new BlockWriter(_buffer, BlockKind.Loops);
        block.TryAdd(new LoopReading(1000, _f.Detector("l-w0"), 2, 0.5f, 10));
        int length = block.Finish();
        Assert.Equal(MessageFate.Read, _f.Send("loop/l-w0", _buffer.AsSpan(0, length)));
        Assert.Equal(MessageFate.Malformed, _f.Send("loop/l-n0", _buffer.AsSpan(0, length)));
        Assert.Single(_f.Events);
    }

    [Fact]
    public void A_block_of_another_city_is_refused_whole()
    {
        var block = new BlockWriter(_buffer, BlockKind.Loops, numbering: 12345);
        block.TryAdd(new LoopReading(1000, 1, 2, 0.5f, 10));
        Assert.Equal(MessageFate.WrongNumbering, _f.Send("batch", _buffer.AsSpan(0, block.Finish())));
        Assert.Empty(_f.Events);
    }

    [Fact]
    public void Records_of_strangers_are_counted_one_by_one()
    {
        var block = new BlockWriter(_buffer, BlockKind.Loops);
        block.TryAdd(new LoopReading(1000, 10_000, 2, 0.5f, 10));
        block.TryAdd(new LoopReading(1000, -1, 2, 0.5f, 10));
        block.TryAdd(new LoopReading(1000, _f.Detector("c-w0"), 2, 0.5f, 10));
        block.TryAdd(new LoopReading(-5, _f.Detector("l-w0"), 2, 0.5f, 10));
        block.TryAdd(new LoopReading(1000, _f.Detector("l-w0"), 2, 0.5f, 10));
        Assert.Equal(MessageFate.Read, _f.Send("batch", _buffer.AsSpan(0, block.Finish())));
        Assert.Equal((3L, 1L, 1L),
            (_f.Decoder.Counters.UnknownIndex, _f.Decoder.Counters.Impossible, _f.Decoder.Counters.Events));
    }

    [Fact]
    public void Every_truncation_is_malformed()
    {
        var block = new BlockWriter(_buffer, BlockKind.Cameras);
        block.TryAddCamera(1002, _f.Detector("c-w0"), 5, 2, 1, [new(100, 0, 45, VehicleClass.Car)]);
        int length = block.Finish();
        for (int n = 1; n < length; n++)
            Assert.Equal(MessageFate.Malformed, _f.Send("batch", _buffer.AsSpan(0, n)));
        Assert.Empty(_f.Events);
    }

    [Fact]
    public void A_full_buffer_takes_no_more_and_keeps_what_it_has()
    {
        var block = new BlockWriter(_buffer.AsSpan(0, 16 + 24 + 23), BlockKind.Loops);
        Assert.True(block.TryAdd(new LoopReading(1, 1, 1, 1, 1)));
        Assert.False(block.TryAdd(new LoopReading(2, 1, 1, 1, 1)));
        Assert.Equal(40, block.Finish());
    }

    [Fact]
    public void The_numbering_is_the_documented_hash()
    {
        // FNV-1a, 32 bits, of "a\nb\n"
        Assert.Equal(0x7A256DEEu, Numbering.Of(["a", "b"]));
        Assert.NotEqual(Numbering.Of(["ab"]), Numbering.Of(["a", "b"]));
    }
}
