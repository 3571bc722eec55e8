using System.Text;
using CityBrain.Access;
using CityBrain.Controllers;
using CityBrain.History;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.HiRes;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Topics;
using CityBrain.Simulation.Sumo;
using CityBrain.Storm;

namespace CityBrain.Fuzz;

/// <summary>
/// Every parser that takes bytes from outside. Beside the seeds that are made here, each has those of its folder in the
/// corpus: bytes of real programs, recorded by make-corpus.sh.
/// </summary>
internal sealed class FuzzTargets : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-fuzzed-").FullName;
    private readonly City _city = StormCity.Build(0, 2);
    private readonly Lazy<HttpTarget> _http;

    public FuzzTargets()
    {
        _http = new Lazy<HttpTarget>(() => new HttpTarget(_city));
        var seeds = new FuzzSeeds(_city, _folder);
        var mqtt = new MqttTargets(_city);
        All =
        [
            mqtt.Broker(With("mqtt-broker", seeds.BrokerStreams())), mqtt.Client(With("mqtt-client", seeds.ClientStreams())),
            new("payload", With("payload", seeds.Payloads()), FuzzSeeds.JsonWords, new PayloadTarget(_city).Run),
            new("city", With("city", seeds.Cities()), FuzzSeeds.JsonWords, ReadCity),
            new("hires", With("hires", seeds.Logs()), FuzzSeeds.LogWords, FuzzTarget.Allowing<LogFormatException>(ReadLog)),
            new("traci", With("traci", FuzzSeeds.Answers()), [], FuzzTarget.Allowing<SumoRunException>(TraciTarget.Run)),
            new("arrow", With("arrow", FuzzSeeds.Tables()), [], ReadArrow),
            new("sumo-net", With("sumo-net", FuzzSeeds.Networks()), FuzzSeeds.XmlWords,
                FuzzTarget.Allowing<SumoFileException>(b => SumoNetFile.Read(new MemoryStream(b), "net"))),
            new("settings", With("settings", seeds.Settings()), FuzzSeeds.JsonWords, ReadSettings),
            new("journal", With("journal", seeds.Journals()), [], ReadJournal) { Mend = JournalMending.Mend },
            new("http", With("http", HttpTarget.Seeds()), HttpTarget.Words, b => _http.Value.Run(b)),
        ];
    }

    public IReadOnlyList<FuzzTarget> All { get; }

    public void Dispose()
    {
        if (_http.IsValueCreated) _http.Value.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static List<byte[]> With(string folder, IEnumerable<byte[]> made)
    {
        string path = Path.Combine(AppContext.BaseDirectory, "corpus", folder);
        IEnumerable<byte[]> real = Directory.Exists(path)
            ? Directory.EnumerateFiles(path).Order(StringComparer.Ordinal).Select(File.ReadAllBytes) : [];
        return [.. made, .. real];
    }

    private static void ReadCity(byte[] bytes)
    {
        if (CityJson.TryRead(bytes, out CityDescription? description, out _)) CityBuilder.TryBuild(description!, out _, out _);
    }

    /// <summary>The first byte chooses the file's name, which some formats take the device from.</summary>
    private void ReadLog(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        string path = Path.Combine(_folder, (bytes[0] % 4) switch { 0 => "17.csv", 1 => "17.datZ", 2 => "1136_log.xml", _ => "x" });
        File.WriteAllBytes(path, bytes.AsSpan(1));
        HiResFile.Read(path, null, new DeviceDirectory(), new BadRows(), static _ => { });
    }

    /// <summary>As a stream and as a file, every cell read.</summary>
    private static void ReadArrow(byte[] bytes)
    {
        try
        {
            var reader = new ArrowReader(new MemoryStream(bytes));
            while (reader.Next() is { } batch) ArrowTarget.Look(batch);
        }
        catch (ArrowFormatException)
        {
            // No Arrow stream.
        }
        try
        {
            using var file = new ArrowFile(new MemoryStream(bytes));
            _ = file.Rows + file.Statistics.Count;
            for (int n = 0; n < Math.Min(64, file.Batches); n++) ArrowTarget.Look(file.Read(n));
        }
        catch (ArrowFormatException)
        {
            // No Arrow file.
        }
    }

    /// <summary>The first byte chooses which file it is.</summary>
    private void ReadSettings(byte[] bytes)
    {
        if (bytes.Length == 0) return;
        ReadOnlySpan<byte> rest = bytes.AsSpan(1);
        string text = Encoding.UTF8.GetString(rest);
        try
        {
            switch (bytes[0] % 6)
            {
                case 0: BrokerUserFile.Parse(rest); break;
                case 1: CommandKeys.Parse(rest, _city, all: false); break;
                case 2: MqttClientOptions.FromUri(text); break;
                case 3: StormScript.Parse(text); break;
                case 4: RetentionRules.TryRead(text.Split('\n'), out _); break;
                default:
                    if (TopicFilter.IsValid(rest)) TopicFilter.IsShared(rest);
                    break;
            }
        }
        catch (FormatException)
        {
            // It says what is wrong.
        }
    }

    private static void ReadJournal(byte[] bytes)
    {
        using JournalReader reader = JournalReader.TryOpen(new OneSegment(bytes))!;
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra)) _ = e.Index + extra.Length;
        _ = reader.Preamble?.WrittenBy;
    }
}
