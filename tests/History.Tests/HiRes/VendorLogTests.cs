using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CityBrain.History.HiRes;
using CityBrain.Model.HiRes;
using Xunit;

namespace CityBrain.History.Tests.HiRes;

/// <summary>Logs in the forms of two makers of controllers.</summary>
public sealed class VendorLogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-vendor-").FullName;
    private readonly DeviceDirectory _devices = new();
    private readonly BadRows _bad = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Econolite_records_are_tenths_after_the_beginning()
    {
        Assert.Equal(
            ["2021-08-09 18:41:58.4 1210 7 2", "2021-08-09 18:42:06.7 1210 82 200", "2021-08-09 20:31:11.9 1210 255 0"],
            Read("1210_ECON_10.204.7.239_2021_08_09_1841.dat", Econolite("8-9-2021 18:41:58.4", (7, 2, 0), (82, 200, 83), (255, 0, 65535))));
        Assert.Equal(0, _bad.Count);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("zlib")]
    [InlineData("gzip")]
    public void Econolite_logs_come_packed_or_not(string packing)
    {
        byte[] bytes = Econolite("08/09/2021 18:41:58", [.. Enumerable.Range(0, 10_000).Select(i => ((byte)(81 + (i % 2)), (byte)(i % 64), (ushort)i))]);
        string[] rows = Read("17.datZ", Packed(bytes, packing));
        Assert.Equal(10_000, rows.Length);
        Assert.Equal("2021-08-09 18:58:37.9 17 82 15", rows[^1]);
    }

    [Fact]
    public void A_record_cut_off_is_a_bad_row_with_its_number()
    {
        byte[] bytes = Econolite("8-9-2021 18:41:58.4", (1, 2, 0), (8, 2, 100), (10, 2, 140));
        Assert.Equal(2, Read("5.dat", bytes[..^1]).Length);
        BadRow bad = Assert.Single(_bad.First);
        Assert.Equal(3, bad.Line);
        Assert.Contains("3 bytes", bad.Reason);
    }

    [Fact]
    public void The_time_of_the_beginning_counts_and_else_that_of_the_first_line()
    {
        byte[] bytes = Econolite("8-9-2021 18:41:58.4", (1, 2, 0));
        string text = Encoding.Latin1.GetString(bytes);
        string other = text.Replace("Beginning:,8-9-2021 18:41:58.4", "Beginning:,8-9-2021 18:41:59.4");
        Assert.StartsWith("2021-08-09 18:41:59.4", Read("1.dat", Encoding.Latin1.GetBytes(other)).Single());
        string none = text.Replace("Beginning:,8-9-2021 18:41:58.4", "Beginning:,");
        Assert.StartsWith("2021-08-09 18:41:58.4", Read("2.dat", Encoding.Latin1.GetBytes(none)).Single());
    }

    [Fact]
    public void A_device_that_is_told_is_the_device() =>
        Assert.Equal("2021-08-09 18:41:58.4 main-st 1 2", Read("1210_ECON.dat", Econolite("8-9-2021 18:41:58.4", (1, 2, 0)), "main-st").Single());

    [Fact]
    public void A_broken_first_line_is_a_clear_error()
    {
        byte[] bytes = [.. "<?xml version=\"1.0"u8, 0xbb, .. "\"?>"u8];
        Assert.Throws<LogFormatException>(() => Read("1136_log.xml", bytes));
        Assert.Throws<LogFormatException>(() => Read("1136_log.xml", [2, .. bytes]));
    }

    [Fact]
    public void MaxTime_elements_are_events_and_bad_ones_have_their_line()
    {
        string xml = """
            <?xml version="1.0" encoding="utf-8"?>
            <EventResponses><EventResponse>
            <Event ID="1" TimeStamp="04-15-2024 12:00:00.1" EventTypeID="82" Parameter="4"/>
            <Event ID="2" TimeStamp="" EventTypeID="82" Parameter="4"/>
            <Event ID="3" TimeStamp="04-15-2024 12:00:00.2" EventTypeID="-1" Parameter="4"/>
            <Event ID="4" TimeStamp="04-15-2024 12:00:00.3" EventTypeID="300"/>
            <Event ID="5" TimeStamp="2024-04-15 12:00:00.4" EventTypeID="316" Parameter="110"/>
            </EventResponse></EventResponses>
            """;
        Assert.Equal(["2024-04-15 12:00:00.1 1136 82 4", "2024-04-15 12:00:00.4 1136 316 110"], Read("1136_log.xml", Encoding.UTF8.GetBytes(xml)));
        Assert.Equal([4, 5, 6], _bad.First.Select(b => b.Line));
    }

    [Fact]
    public void Broken_xml_is_told_and_entities_are_not_followed()
    {
        byte[] cut = "<EventResponses><Event TimeStamp='2024-04-15 12:00' EventTypeID='1' Parameter='2'/><Ev"u8.ToArray();
        Assert.Contains("broken after 1 events", Assert.Throws<LogFormatException>(() => Read("1.xml", cut)).Message);
        byte[] bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"u8.ToArray();
        Assert.Throws<LogFormatException>(() => Read("2.xml", bomb));
    }

    [Fact]
    public void Whatever_the_bytes_are_there_is_an_answer_or_a_format_error()
    {
        byte[] log = Econolite("8-9-2021 18:41:58.4", (1, 2, 0), (8, 2, 100));
        var random = new Random(3);
        for (int i = 0; i < 500; i++)
        {
            byte[] bytes = [.. log];
            for (int n = random.Next(1, 8); n > 0; n--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            try
            {
                Read("fuzz.dat", i % 2 == 0 ? bytes : Packed(bytes, "zlib")[..random.Next(4, 60)]);
            }
            catch (LogFormatException)
            {
                // Told.
            }
        }
    }

    private static byte[] Econolite(string time, params (byte Event, byte Parameter, ushort Tenths)[] records)
    {
        string header = string.Concat(
            new[]
            {
                "Version #:,3", "ECON_10.204.7.239_2021_08_09_1841.dat", "Intersection #:,10.204.7.239",
                "IP Address:,10.204.7.239", "MAC Address:,00:04:81:00:00:00",
                $"Controller Data Log Beginning:,{time}", "Phases in use:,2,4,5,6,8",
            }.Select(line => $"{time},{line}\n"));
        byte[] bytes = [.. Encoding.ASCII.GetBytes(header), .. new byte[records.Length * 4]];
        for (int i = 0; i < records.Length; i++)
        {
            Span<byte> record = bytes.AsSpan(bytes.Length - ((records.Length - i) * 4), 4);
            (record[0], record[1]) = (records[i].Event, records[i].Parameter);
            BinaryPrimitives.WriteUInt16BigEndian(record[2..], records[i].Tenths);
        }
        return bytes;
    }

    private static byte[] Packed(byte[] bytes, string packing)
    {
        if (packing == "plain") return bytes;
        using var target = new MemoryStream();
        using (Stream packer = packing == "gzip" ? new GZipStream(target, CompressionLevel.Fastest) : new ZLibStream(target, CompressionLevel.Optimal))
            packer.Write(bytes);
        return target.ToArray();
    }

    private string[] Read(string name, byte[] bytes, string? device = null)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, bytes);
        var events = new List<HiResEvent>();
        HiResFile.Read(path, device, _devices, _bad, batch => events.AddRange(batch));
        return [.. events.Select(e => string.Create(System.Globalization.CultureInfo.InvariantCulture,
            $"{DateTime.UnixEpoch.AddMilliseconds(e.TimeMs):yyyy-MM-dd HH:mm:ss.f} {_devices[e.Device]} {e.EventId} {e.Parameter}"))];
    }
}
