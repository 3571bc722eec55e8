using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using CityBrain.Access;
using CityBrain.Controllers;
using CityBrain.History;
using CityBrain.History.Arrow;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Codec;
using CityBrain.Storm;

namespace CityBrain.Fuzz;

/// <summary>Good inputs of every format, made here; the real programs' are in the corpus.</summary>
internal sealed class FuzzSeeds(City city, string folder)
{
    public static IReadOnlyList<byte[]> JsonWords { get; } = Words(
        "{", "}", "[", "]", ":", ",", "\"", "null", "true", "false", "1e308", "-0.0", "\\ud800", "\"timeMs\":", "\"count\":", "\"occupancy\":",
        "\"sightings\":", "\"distanceM\":", "\"class\":\"bus\"", "\"mode\":\"remote\"", "\"aspects\":\"Grr\"", "\"stage\":", "\"kind\":\"show\"",
        "\"intersections\":", "\"lanes\":", "\"detectors\":", "\"groups\":", "\"stages\":", "\"programme\":", "\"conflicts\":", "\"upstream\":",
        "\"yellowS\":", "\"intergreens\":", "\"rings\":", "\"users\":", "\"role\":\"sensor\"", "\"publish\":", "CB\u0001\u0001");

    public static IReadOnlyList<byte[]> XmlWords { get; } = Words(
        "<", ">", "/>", "=\"\"", "<net>", "<edge id=\"e\">", "<lane id=\"e_0\" index=\"0\" speed=\"13\" length=\"1\" shape=\"0,0 1,1\"/>",
        "<junction id=\"j\"", "<connection from=\"e\" to=\"e\" fromLane=\"0\" toLane=\"0\"", "<tlLogic id=\"j\"", "<phase duration=\"1\" state=\"Gr\"/>",
        "<request index=\"0\" response=\"0\" foes=\"0\"/>", "NaN", "-", ",", " ", "<!DOCTYPE a [<!ENTITY b 'c'>]>", "&#0;");

    public static IReadOnlyList<byte[]> LogWords { get; } = Words(
        ",", "\n", "\r\n", "\"", "2024-04-15 12:00:00.1", "04-15-2024 12:00", "TimeStamp", "DeviceId", "EventId", "Parameter", "<Event ", "/>",
        "TimeStamp=\"\"", "EventTypeID=\"82\"", "Parameter=\"4\"", "Version #:,3", "Controller Data Log Beginning:,8-9-2021 18:41:58.4",
        "Phases in use:,2", "\u001f\u008b", "\ufeff");

    public IEnumerable<byte[]> BrokerStreams()
    {
        foreach (MqttVersion version in (MqttVersion[])[MqttVersion.V311, MqttVersion.V5])
        {
            byte[] connect = new byte[256];
            connect = connect[..PacketWriter.WriteConnect(connect, new ConnectView
            {
                Version = version, CleanStart = true, KeepAliveSeconds = 30, ClientId = "c"u8, HasUserName = true, UserName = "u"u8,
                HasPassword = true, Password = "p"u8, HasWill = true, WillTopic = "w"u8, WillPayload = "x"u8, WillQos = Qos.AtLeastOnce,
            })];
            byte[] Publish(Qos qos, ushort id)
            {
                var room = new byte[256];
                var message = new PublishView("citybrain/1/d/loop/l"u8, "{\"timeMs\":1}"u8, qos, retain: true, packetId: id);
                PacketWriter.WritePublish(room, message, version);
                return room[..PacketWriter.PublishLength(message, version)];
            }
            byte properties = version == MqttVersion.V5 ? (byte)1 : (byte)0;
            byte[] none = properties == 1 ? [0] : [];
            byte[] Packet(byte first, params byte[] body) => [first, (byte)body.Length, .. body];
            byte[] subscribe = Packet(0x82, [0, 5, .. none, 0, 5, .. "a/+/b"u8, 1, 0, 1, (byte)'#', 2]);
            byte[] unsubscribe = Packet(0xA2, [0, 6, .. none, 0, 1, (byte)'#']);
            yield return [.. connect, .. subscribe, .. Publish(Qos.AtMostOnce, 0), .. Publish(Qos.AtLeastOnce, 7), .. unsubscribe, 0xC0, 0, 0xE0, 0];
            yield return [.. connect, .. Publish(Qos.ExactlyOnce, 9), .. Publish(Qos.ExactlyOnce, 9), .. Packet(0x62, 0, 9), .. Packet(0x62, 0, 9)];
            yield return [.. connect, .. subscribe, .. Publish(Qos.ExactlyOnce, 1), .. Packet(0x62, 0, 1), .. Packet(0x40, 0, 1), .. Packet(0x50, 0, 1), .. Packet(0x70, 0, 1)];
        }
    }

    public IEnumerable<byte[]> ClientStreams()
    {
        byte[] loop = Encoding.ASCII.GetBytes(new FeedTopics(city.Districts[0].Id).Loop(city.Detectors[0].Id));
        foreach (byte version in (byte[])[0, 1])
        {
            byte[] none = version == 1 ? [0] : [];
            byte[] connAck = version == 1 ? [0x20, 6, 0, 0, 3, 0x21, 0, 16] : [0x20, 2, 0, 0];
            byte[] publish = [0, (byte)loop.Length, .. loop, .. none, .. "{\"timeMs\":1000,\"count\":2,\"occupancy\":0.31}"u8];
            yield return [version, .. connAck, 0x30, (byte)publish.Length, .. publish, 0x40, 2, 0, 1, 0xD0, 0];
            yield return [version, .. connAck, 0x90, (byte)(3 + none.Length), 0, 1, .. none, 0, 0x62, 2, 0, 1, 0x50, 2, 0, 1, 0x70, 2, 0, 1, 0xB0, (byte)(2 + 2 * none.Length), 0, 2, .. none, .. none];
            yield return [version, .. connAck, 0xE0, .. version == 1 ? (byte[])[2, 0x8E, 0] : [0]];
        }
    }

    public IEnumerable<byte[]> Payloads()
    {
        var room = new byte[2048];
        byte[] Cut(byte topic, int length) => [topic, .. room.AsSpan(0, length)];
        yield return Cut(0, LoopFeed.Write(room, new LoopReading(1000, 0, 2, 0.31f, 12.5f), 7));
        yield return Cut(1, CameraFeed.Write(room, 1000, 7, 2, 1, [VehicleSighting.Of(1.5, 0, 4.5, VehicleClass.Car), VehicleSighting.Of(40, 8, 12, VehicleClass.Bus)]));
        yield return Cut(2, ButtonFeed.Write(room, 1000, true, 7));
        yield return Cut(5, ClockFeed.WriteTick(room, 1000));
        yield return Cut(8, ClockFeed.WriteTock(room, 1000, 3));
        yield return Cut(7, ReceiptFeed.Write(room, 1000, 7));
        yield return [3, .. "{\"intersection\":\"j1\",\"timeMs\":1000,\"mode\":\"remote\",\"aspects\":\"Grr\",\"stage\":0,\"lastSequence\":7,\"refusal\":\"none\"}"u8];
        yield return [6, .. "{\"intersection\":\"j1\",\"sequence\":8,\"timeMs\":1000,\"validUntilMs\":4000,\"kind\":\"show\",\"stage\":1,\"aspects\":\"ryr\",\"reason\":{\"rule\":\"plan\"}}"u8];
        var loops = new BlockWriter(room, BlockKind.Loops);
        for (int i = 0; i < 3; i++) loops.TryAdd(new LoopReading(1000 + i, i, 1, 0.1f, 12));
        yield return Cut(4, loops.Finish());
        var cameras = new BlockWriter(room, BlockKind.Cameras, Numbering.OfDetectors(city), 1);
        cameras.TryAddCamera(1000, 0, 1, 2, 1, [VehicleSighting.Of(1.5, 0, 4.5, VehicleClass.Car)]);
        yield return Cut(4, cameras.Finish());
        var buttons = new BlockWriter(room, BlockKind.Buttons);
        buttons.TryAddButton(1000, 0, true);
        yield return Cut(4, buttons.Finish());
        var states = new BlockWriter(room, BlockKind.Controllers);
        states.TryAdd(new ControllerReport(1000, 0, ControllerMode.Remote, 0, 1, Refusal.None), city.Intersections[0].Stages[0].Aspects);
        yield return Cut(4, states.Finish());
        var flows = new byte[2 * PlannedFlow.Size];
        for (int k = 0; k < 2; k++)
            PlannedFlow.Write(flows.AsSpan(k * PlannedFlow.Size), k, (PlannedPlace)k, [0.5f, 1]);
        var outflows = new BlockWriter(room, BlockKind.Outflows, Numbering.OfOutflows(city));
        outflows.TryAddOutflow(new CityEvent(1000, 0, EventKind.Outflow, 0, 0, 0, 0, 0, 0), flows);
        yield return Cut(4, outflows.Finish());
    }

    public IEnumerable<byte[]> Cities() => [CityJson.Write(StormCity.Build(3, 1).Description)];

    public IEnumerable<byte[]> Logs()
    {
        yield return [0, .. "TimeStamp,DeviceId,EventId,Parameter\n2024-04-15 12:00:00.1,17,82,4\n2024-04-15 12:00:00.4,17,81,4\n"u8];
        byte[] header = Encoding.ASCII.GetBytes(string.Concat(new[]
        {
            "Version #:,3", "ECON_10.204.7.239_2021_08_09_1841.dat", "Intersection #:,10.204.7.239", "IP Address:,10.204.7.239",
            "MAC Address:,00:04:81:00:00:00", "Controller Data Log Beginning:,8-9-2021 18:41:58.4", "Phases in use:,2,4",
        }.Select(line => $"8-9-2021 18:41:58.4,{line}\n")));
        byte[] dat = [.. header, 7, 2, 0, 0, 82, 200, 0, 83, 255, 0, 255, 255];
        yield return [1, .. dat];
        yield return [1, .. Packed(dat)];
        yield return [2, .. "<?xml version=\"1.0\"?>\n<EventResponses><EventResponse>\n<Event ID=\"1\" TimeStamp=\"04-15-2024 12:00:00.1\" EventTypeID=\"82\" Parameter=\"4\"/>\n</EventResponse></EventResponses>"u8];
    }

    public static IEnumerable<byte[]> Answers()
    {
        // A status of 0x02, one subscription answer of an edge with an integer, a double, a string and a list.
        byte[] status = [9, 2, 0, 0, 0, 0, 2, (byte)'o', (byte)'k'];
        byte[] values = [0x10, 0, 9, 0, 0, 0, 7, 0x40, 0, 0x0B, 0x40, 0x28, 0, 0, 0, 0, 0, 0, 0x02, 0, 0x0C, 0, 0, 0, 1, (byte)'s', 0x03, 0, 0x0E, 0, 0, 0, 1, 0, 0, 0, 1, (byte)'t'];
        yield return [.. status, 0, 0, 0, 1, 0, 0, 0, 0, 60, 0xEA, 0, 0, 0, 1, (byte)'e', 0, 0, 0, 4, .. values];
    }

    public static IEnumerable<byte[]> Tables()
    {
        ArrowField[] fields =
        [
            new("time", ArrowType.TimestampMilli), new("count", ArrowType.Int32, Nullable: true), new("share", ArrowType.Float64),
            new("text", ArrowType.Utf8), new("flag", ArrowType.Bool), new("place", ArrowType.DictionaryUtf8, Dictionary: ["a", "b"]),
        ];
        foreach (bool file in (bool[])[false, true])
        {
            var stream = new MemoryStream();
            var schema = new ArrowSchema(fields);
            ArrowWriter writer = file ? ArrowWriter.File(stream, schema) : ArrowWriter.Streaming(stream, schema);
            ColumnBuilder[] columns = [.. fields.Select(f => new ColumnBuilder(f))];
            for (int row = 0; row < 3; row++)
            {
                columns[0].Add(1000L * row);
                if (row == 1) columns[1].AddNull();
                else columns[1].Add((long)row);
                columns[2].Add(0.5 * row);
                columns[3].Add("text");
                columns[4].Add(row == 1);
                columns[5].Add((long)(row % 2));
            }
            writer.Write(new ArrowBatch(3, [.. columns.Select(c => c.Build())]));
            writer.Complete();
            yield return stream.ToArray();
        }
    }

    public static IEnumerable<byte[]> Networks()
    {
        yield return """
            <net version="1.16"><location netOffset="0.00,0.00" convBoundary="0,0,1,1" origBoundary="0,0,1,1" projParameter="!"/>
            <edge id="a" from="x" to="j" priority="1"><lane id="a_0" index="0" speed="13.89" length="90" shape="0,0 90,0"/></edge>
            <edge id="b" from="j" to="y" priority="1"><lane id="b_0" index="0" allow="bus" speed="13.89" length="90" shape="100,0 190,0"/></edge>
            <tlLogic id="j" type="static" programID="0" offset="0"><phase duration="42" state="G"/><phase duration="3" state="y"/></tlLogic>
            <junction id="j" type="traffic_light" x="95" y="0" incLanes="a_0" intLanes=":j_0_0" shape="0,0"><request index="0" response="0" foes="0" cont="0"/></junction>
            <connection from="a" to="b" fromLane="0" toLane="0" via=":j_0_0" tl="j" linkIndex="0" dir="s" state="o"/></net>
            """u8.ToArray();
    }

    public IEnumerable<byte[]> Settings()
    {
        var user = new BrokerUser { Name = "j12", Role = BrokerRole.Controller, Ids = ["j12"], Publish = ["a/%u/#"], Subscribe = ["b/+"] };
        yield return [0, .. BrokerUserFile.Write([user])];
        yield return [1, .. Encoding.UTF8.GetBytes(CommandKeys.New(city))];
        yield return [2, .. "mqtts://user:pass%20word@host:8883"u8];
        yield return [3, .. Encoding.UTF8.GetBytes(StormScript.Draw(7).ToString())];
        yield return [4, .. "events keep 30d\nwindows thin 15m after 90d # as it was\n"u8];
        yield return [5, .. "$share/g/a/+/#"u8];
    }

    public IEnumerable<byte[]> Journals()
    {
        string path = Path.Combine(folder, "journal");
        using (JournalWriter writer = JournalWriter.Open(path, new JournalPreamble
        { City = StormCity.Build(3, 1).Description, Options = new Dictionary<string, string> { ["policy"] = "fixed" }, WrittenBy = "seed" }))
        {
            writer.Add(CityEvent.Tick(1000), []);
            writer.Add(new CityEvent(1000, 0, EventKind.Camera, 0, VehicleSighting.Size, 1, 0, 0, 0), new byte[VehicleSighting.Size]);
            writer.Commit();
            writer.NoteDigest(42);
            writer.Sync();
        }
        yield return File.ReadAllBytes(Directory.GetFiles(path).Single());
    }

    private static byte[] Packed(byte[] bytes)
    {
        using var target = new MemoryStream();
        using (var packer = new ZLibStream(target, CompressionLevel.Optimal)) packer.Write(bytes);
        return target.ToArray();
    }

    private static IReadOnlyList<byte[]> Words(params string[] words) => [.. words.Select(Encoding.UTF8.GetBytes)];
}
