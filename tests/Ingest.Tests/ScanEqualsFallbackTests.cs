using System.Globalization;
using System.Text;
using CityBrain.Ingest.Feeds;
using CityBrain.Model;

namespace CityBrain.Ingest.Tests;

/// <summary>
/// What the fixed-key scan reads, Utf8JsonReader reads too, and to the same values; payloads are written the
/// documented way and then damaged, so that both sides of every check are reached.
/// </summary>
public class ScanEqualsFallbackTests
{
    private static readonly string[] Values =
    [
        "0", "1", "-1", "-0", "12", "0.31", "12.5", "00", "01", "1.", ".5", "1e3", "1E-2", "123456789012345",
        "1234567890123456", "123456789012345678", "999999999999999999", "9999999999999999999", "0.1234567890123456",
        "0.30000001192092896", "1.7976931348623157e308", "1e999", "null", "true", "\"1\"", "-", "", "0.000000000000001",
    ];

    [Fact]
    public void For_loops() => Loops(LoopFeed.TryScan);

    [Fact]
    public void For_loops_written_without_a_space() => Loops(LoopFeed.TryLean);

    private delegate bool LoopScan(ReadOnlySpan<byte> json, out LoopFeed.Fields fields);

    private static void Loops(LoopScan scan) => Check(1, LoopPayload, json =>
    {
        if (!scan(json, out LoopFeed.Fields scanned)) return false;
        Assert.True(LoopFeed.TryParse(json, out LoopFeed.Fields parsed), Encoding.UTF8.GetString(json));
        Assert.Equal(
            (parsed.TimeMs, parsed.Count, parsed.Occupancy, parsed.Speed, parsed.Sequence),
            (scanned.TimeMs, scanned.Count, scanned.Occupancy, scanned.Speed, scanned.Sequence));
        return true;
    });

    [Fact]
    public void For_cameras()
    {
        VehicleSighting[] a = new VehicleSighting[256], b = new VehicleSighting[256];
        Check(2, CameraPayload, json =>
        {
            if (!CameraFeed.TryScan(json, a, out CameraFeed.Fields scanned)) return false;
            Assert.True(CameraFeed.TryParse(json, b, out CameraFeed.Fields parsed), Encoding.UTF8.GetString(json));
            Assert.Equal(
                (parsed.TimeMs, parsed.Sequence, parsed.Vehicles, parsed.Stopped, parsed.Count),
                (scanned.TimeMs, scanned.Sequence, scanned.Vehicles, scanned.Stopped, scanned.Count));
            Assert.Equal(b[..parsed.Count], a[..scanned.Count]);
            return true;
        });
    }

    [Fact]
    public void For_controllers()
    {
        Aspect[] a = new Aspect[256], b = new Aspect[256];
        Check(3, ControllerPayload, json =>
        {
            if (!ControllerFeed.TryScan(json, a, out ControllerFeed.Fields scanned)) return false;
            Assert.True(ControllerFeed.TryParse(json, b, out ControllerFeed.Fields parsed),
                Encoding.UTF8.GetString(json));
            Assert.Equal(
                (parsed.TimeMs, parsed.Mode, parsed.Groups, parsed.Stage, parsed.LastSequence, parsed.Refusal),
                (scanned.TimeMs, scanned.Mode, scanned.Groups, scanned.Stage, scanned.LastSequence, scanned.Refusal));
            Assert.Equal(b[..parsed.Groups], a[..scanned.Groups]);
            return true;
        });
    }

    [Fact]
    public void For_buttons_and_ticks() => Check(4, r => $$"""{"timeMs":{{Pick(r)}},"pressed":{{(r.Next(2) == 0 ? "true" : "false")}}}""", json =>
    {
        if (!ButtonFeed.TryScan(json, out ButtonFeed.Fields scanned)) return false;
        Assert.True(ButtonFeed.TryParse(json, out ButtonFeed.Fields parsed));
        Assert.Equal((parsed.TimeMs, parsed.Pressed), (scanned.TimeMs, scanned.Pressed));
        if (ClockFeed.TryScan(json, out ClockFeed.Fields tick))
        {
            Assert.True(ClockFeed.TryParse(json, out ClockFeed.Fields slow));
            Assert.Equal(slow.TimeMs, tick.TimeMs);
        }
        return true;
    });

    private delegate bool Comparison(byte[] json);

    private static void Check(int seed, Func<Random, string> write, Comparison same)
    {
        var random = new Random(seed);
        int read = 0;
        for (int i = 0; i < 60_000; i++)
        {
            byte[] json = Encoding.UTF8.GetBytes(write(random));
            for (int k = random.Next(3); k > 0; k--) Damage(random, ref json);
            if (same(json)) read++;
        }
        Assert.True(read > 3_000, $"only {read} payloads went the fast way: the test compares too little");
    }

    private static void Damage(Random random, ref byte[] json)
    {
        int at = random.Next(json.Length);
        ReadOnlySpan<byte> likely = "{}[],:\" 0123456789.-eE\\ntrue\t\x7f"u8;
        switch (random.Next(3))
        {
            case 0: json[at] = likely[random.Next(likely.Length)]; break;
            case 1: json = [.. json[..at], likely[random.Next(likely.Length)], .. json[at..]]; break;
            default: json = [.. json[..at], .. json[(at + 1)..]]; break;
        }
        if (json.Length == 0) json = [0];
    }

    private static string Pick(Random random) => random.Next(3) == 0
        ? Values[random.Next(Values.Length)]
        : random.Next(2) == 0
            ? random.NextInt64(1L << random.Next(62)).ToString(CultureInfo.InvariantCulture)
            : (random.NextDouble() * 100).ToString("0.###", CultureInfo.InvariantCulture);

    private static string Gap(Random random) => random.Next(10) == 0 ? " " : "";

    private static string LoopPayload(Random r) =>
        $$"""{"timeMs":{{Gap(r)}}{{r.Next()}},{{Gap(r)}}"count":{{Pick(r)}},"occupancy":{{Pick(r)}},"speedMps":{{Pick(r)}},"sequence":{{r.Next(9)}}}""";

    private static string CameraPayload(Random r)
    {
        var cars = Enumerable.Range(0, r.Next(4)).Select(_ =>
            $$"""{"distanceM":{{r.Next(200)}}.5,"speedMps":{{(r.Next(5) == 0 ? Pick(r) : "0")}},"lengthM":4.5,"class":"car"}""");
        return $$"""{"timeMs":{{r.Next()}},"vehicles":{{r.Next(5)}},"sightings":[{{string.Join(r.Next(9) == 0 ? ", " : ",", cars)}}]}""";
    }

    private static string ControllerPayload(Random r) =>
        $$"""{"intersection":"j{{r.Next(3)}}","timeMs":{{r.Next()}},"mode":"{{(r.Next(2) == 0 ? "remote" : "fault")}}","aspects":"{{(r.Next(2) == 0 ? "Grr" : "yuO")}}","stage":{{r.Next(-1, 3)}},"lastSequence":{{Pick(r)}},"refusal":"none"}""";
}
