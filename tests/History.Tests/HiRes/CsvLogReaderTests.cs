using System.Text;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;
using Xunit;

namespace CityBrain.History.Tests.HiRes;

public class CsvLogReaderTests
{
    private static readonly long Noon =
        (new DateTime(2024, 4, 15, 12, 0, 0).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;

    [Theory]
    [InlineData("TimeStamp,DeviceId,EventId,Parameter\n2024-04-15 12:00:00.100,1136,82,5")]
    [InlineData("SignalID,Timestamp,EventCode,EventParam\n1136,2024-04-15 12:00:00.1,82,5")]
    [InlineData("signal_id;event_param;event_code;time\n1136;5;82;2024-04-15T12:00:00.100")]
    [InlineData("\uFEFF\"locationIdentifier\",\"timestamp\",\"eventCode\",\"eventParam\"\r\n\"1136\",\"2024-04-15T12:00:00.1Z\",\"82\",\"5\"\r\n")]
    [InlineData("Event ID\tDevice ID\tNote\tParameter\tDate Time\n82\t1136\tx, y\t5.0\t4/15/2024 12:00:00.1 PM")]
    [InlineData("2024/04/15 12:00:00.1,1136,82,5")]
    [InlineData("time,signal,event,param,other\n1713182400100, 1136 ,82,5,\n")]
    [InlineData("time,signal,event,param\n1713182400.1,1136,82,5")]
    [InlineData("time,signal,event,param\n15/04/2024 12:00:00.100,1136,82,5\n\n")]
    [InlineData("time,signal,event,param\n2024-04-15 12:00:00.100-07:00,1136,82,5")]
    public void AnyNamesOrderAndTimestampsGiveTheSameEvent(string text)
    {
        (HiResEvent[] events, BadRows bad, DeviceDirectory devices) = Read(text);

        Assert.Equal(0, bad.Count);
        Assert.Equal([new HiResEvent(Noon + 100, 0, 82, 5)], events);
        Assert.Equal("1136", devices[0]);
    }

    [Theory]
    [InlineData("2024-04-15 12:00:00", 0)]
    [InlineData("2024-04-15 12:00", 0)]
    [InlineData("2024-04-15 12:00:00.1234567", 123)]
    [InlineData("2024-04-15 12:00:00,5", 500)]
    [InlineData("2024-04-15", -43_200_000)]
    [InlineData("04-15-2024 12:00:01.0", 1000)]
    [InlineData("4/15/24 11:59:59 am", -1000)]
    [InlineData("4/15/2024 12:00:01 AM", -43_199_000)]
    public void Timestamps(string text, int afterNoonMs)
    {
        Assert.True(TimestampText.TryParse(text, out long timeMs));
        Assert.Equal(Noon + afterNoonMs, timeMs);
    }

    [Theory]
    [InlineData("")]
    [InlineData("2024-02-30 12:00:00")]
    [InlineData("2024-04-15 24:00:00")]
    [InlineData("2024-04-15 12:60:00")]
    [InlineData("2024-04-15 12:00:00.")]
    [InlineData("2024-04-15 12:00:00x")]
    [InlineData("2024-04-15 13:00:00 PM")]
    [InlineData("17131824001")]
    [InlineData("yesterday")]
    public void NoTimestamps(string text) => Assert.False(TimestampText.TryParse(text, out _));

    [Fact]
    public void BadRowsAreCountedWithLineAndReasonAndTheRestIsRead()
    {
        (HiResEvent[] events, BadRows bad, _) = Read(string.Join('\n',
            "TimeStamp,DeviceId,EventId,Parameter",
            "2024-04-15 12:00:00.000,1,82,5",
            "2024-04-15 25:00:00.000,1,82,5",
            "2024-04-15 12:00:00.000,,82,5",
            "2024-04-15 12:00:00.000,1,70000,5",
            "2024-04-15 12:00:00.000,1,82,-1",
            "2024-04-15 12:00:00.000,1,82",
            "",
            "2024-04-15 12:00:01.000,1,81,5"));

        Assert.Equal(2, events.Length);
        Assert.Equal(5, bad.Count);
        Assert.Equal([3L, 4L, 5L, 6L, 7L], bad.First.Select(b => b.Line));
        Assert.Equal(
            ["no timestamp", "no device", "event id is not a number from 0 to 65535",
                "parameter is not a number from 0 to 65535", "too few fields"],
            bad.First.Select(b => b.Reason));
    }

    [Fact]
    public void LinesLongerThanTheBufferAreOneBadRow()
    {
        string text = "time,signal,event,param\n2024-04-15 12:00:00,1,82,5\n" + new string('x', 700_000)
            + "\n2024-04-15 12:00:01,1,82,5\n" + new string('y', 300_000);
        (HiResEvent[] events, BadRows bad, _) = Read(text);

        Assert.Equal(2, events.Length);
        Assert.Equal([3L, 5L], bad.First.Select(b => b.Line));
    }

    [Fact]
    public void AHeaderThatTellsNoColumnsIsAClearError()
    {
        LogFormatException e = Assert.Throws<LogFormatException>(() => Read("a,b,c\n1,2,3"));
        Assert.Contains("no column for Time, Device, Event, Parameter among: a, b, c", e.Message);
    }

    [Fact]
    public void ALogWithoutDevicesTakesTheOneGiven()
    {
        (HiResEvent[] events, _, DeviceDirectory devices) = Read("time,event,param\n2024-04-15 12:00:00,82,5", "A7");
        Assert.Single(events);
        Assert.Equal("A7", devices[0]);
    }

    [Fact]
    public void ReadsCutAnywhereGiveTheSameEvents()
    {
        var text = new StringBuilder("TimeStamp,DeviceId,EventId,Parameter\r\n");
        for (int i = 0; i < 20_000; i++)
        {
            text.Append($"2024-04-15 12:{i / 600 % 60:00}:{i / 10 % 60:00}.{i % 10}00,{i % 300},82,{i % 99}\r\n");
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        HiResEvent[] whole = ReadAll(new MemoryStream(bytes), new BadRows());
        Assert.Equal(20_000, whole.Length);
        Assert.Equal(whole, ReadAll(new SmallReads(bytes), new BadRows()));
    }

    [Fact]
    public void DevicesAreOrderedNumbersFirst()
    {
        var devices = new DeviceDirectory();
        foreach (string id in (string[])["b", "10", "9", "a", "010"])
        {
            devices.IndexOf(id);
        }

        Assert.Equal(["9", "10", "010", "a", "b"], devices.InOrder().Select(i => devices[i]));
        Assert.False(devices.AllNumbers());
        Assert.Equal(3, devices.IndexOf("a"));
    }

    private static (HiResEvent[] Events, BadRows Bad, DeviceDirectory Devices) Read(string text, string? device = null)
    {
        var bad = new BadRows();
        var devices = new DeviceDirectory();
        return (ReadAll(new MemoryStream(Encoding.UTF8.GetBytes(text)), bad, devices, device), bad, devices);
    }

    private static HiResEvent[] ReadAll(
        Stream stream, BadRows bad, DeviceDirectory? devices = null, string? device = null)
    {
        var reader = new CsvLogReader(stream, "log", devices ?? new DeviceDirectory(), bad, device);
        var events = new List<HiResEvent>();
        var batch = new HiResEvent[7];
        for (int count = reader.Read(batch); count > 0; count = reader.Read(batch))
        {
            events.AddRange(batch[..count]);
        }

        return [.. events];
    }

    /// <summary>Gives a few bytes at a time.</summary>
    private sealed class SmallReads(byte[] bytes) : MemoryStream(bytes)
    {
        private int _step;

        public override int Read(byte[] buffer, int offset, int count) =>
            base.Read(buffer, offset, Math.Min(count, 1 + (_step++ % 97)));
    }
}
