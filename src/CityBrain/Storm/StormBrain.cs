using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Cli;
using CityBrain.Controllers;
using CityBrain.History;
using CityBrain.Host;
using CityBrain.Ingest;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.SignalControl.Safety;
using CityBrain.Telemetry;

namespace CityBrain.Storm;

/// <summary>
/// The brain's process, made of what `citybrain run` is made of: ingest, channel, journal and receipts, brain, command
/// sink. Its clock, disk and connection are the storm's.
/// </summary>
internal sealed class StormBrain
{
    private const int RestartMs = 3_000, Batches = 16;

    private static readonly Log Silent = new(TextWriter.Null, json: false);

    private readonly StormWorld _world;
    private readonly StormLink _link;
    private readonly JournalPreamble _preamble;
    private readonly BrainOptions _options;
    private BatchChannel<EventBatch>? _channel;
    private IngestLoop? _ingest;
    private BatchSink? _clock;
    private BrainLoop? _loop;
    private JournalWriter? _journal;
    private int _generation, _sends;

    public StormBrain(StormWorld world)
    {
        _world = world;
        _options = new BrainOptions { Policy = world.Script.Policy };
        _preamble = new JournalPreamble
        { City = world.City.Description, Options = _options.ToDictionary(), WrittenBy = "storm" };
        _link = world.Link("brain", new MqttClientOptions { QueueBytes = 256 << 10 });
        _link.Busy = () => _channel is not null && _channel.Waiting > Batches - 4;
    }

    public StormLink Link => _link;
    public DistrictBrain? Brain { get; private set; }
    public bool Alive => Brain is not null;
    public int ClockOffMs { get; set; }
    public bool Slow { get; set; }
    /// <summary>The process is killed before it sends so many messages more; 0 for never.</summary>
    public int KillBeforeSends { get => _sends; set => _sends = value; }
    public int ChannelWaiting => _channel?.Waiting ?? 0;
    public int ReceiptsDue => _loop?.ReceiptsDue ?? 0;
    public bool JournalFailed => _loop?.JournalFailed ?? false;
    public long Starts { get; private set; }

    public bool Commands(int intersection) =>
        Brain is not null && Brain.Gate.Mode(intersection) == IntersectionMode.Commanding;

    /// <summary>Starts, going on with the journal; a disk that does not let it makes it try again.</summary>
    public void Start()
    {
        if (Alive) return;
        int generation = ++_generation;
        try
        {
            var brain = new DistrictBrain(_world.City, _options);
            var receipts = new ReceiptBook(_world.City);
            _journal = JournalRecovery.Open(_world.Disk, "journal", _preamble, brain, receipts, Silent);
            _world.History.CheckJournal(_world.Disk);
            Run(brain, receipts, generation);
        }
        catch (JournalDamagedException e)
        {
            throw new StormViolation("journal", e.Message);
        }
        catch (CliFailure e)
        {
            throw new StormViolation("journal", e.Message);
        }
        catch (IOException)
        {
            _world.After(RestartMs, () =>
            {
                if (generation == _generation) Start();
            });
        }
    }

    /// <summary>kill -9: what is in memory is gone, what was written to the system's cache is not.</summary>
    public void Kill()
    {
        _generation++;
        if (!Alive) return;
        Brain = null;
        _loop = null;
        _ingest = null;
        _channel = null;
        _clock = null;
        _sends = 0;
        _journal?.Abandon();
        _journal = null;
        _link.Stop();
    }

    /// <summary>An asked-for end, as SIGTERM brings it: the digest of the whole state goes into the journal.</summary>
    public ulong Stop()
    {
        Work(_generation);
        ulong digest = Brain!.Digest();
        using (_journal!) _journal!.NoteDigest(digest);
        return digest;
    }

    private void Run(DistrictBrain brain, ReceiptBook receipts, int generation)
    {
        Starts++;
        _channel = IngestLoop.MakeChannel(Batches, 256);
        _ingest = new IngestLoop(new FeedDecoder(_world.City), _channel, wait: false);
        _clock = new BatchSink(_channel, wait: false);
        var sink = new MqttCommandSink(_world.City, Send, [], _world.Keys);
        Brain = brain;
        _loop = new BrainLoop(brain, _journal, receipts, sink, _channel, Silent);
        _link.Start(OnMessage, OnReadDone, [.. _world.City.Districts.SelectMany(d => new FeedTopics(d.Id).BrainFilters)
            .Select(f => (f, Qos.AtMostOnce))]);
        TickLater(generation);
    }

    private void OnMessage(in PublishView message) => _ingest!.OnMessage(message);

    private void OnReadDone()
    {
        _ingest!.OnReadDone();
        Work(_generation);
    }

    /// <summary>As TickClock does it: whole seconds of the wall clock, waited for by a steady one.</summary>
    private void TickLater(int generation)
    {
        long wallMs = _world.WallMs + ClockOffMs;
        long nextMs = (wallMs / 1000 + 1) * 1000;
        _world.After((int)(nextMs - wallMs), () =>
        {
            if (generation != _generation || !Alive) return;
            _clock!.Add(CityEvent.Tick(nextMs), []);
            _clock.Flush();
            TickLater(generation);
            Work(generation);
        });
    }

    private void Work(int generation)
    {
        if (Slow || !Alive) return;
        while (generation == _generation && _channel!.TryReceive(out EventBatch? batch))
        {
            _loop!.Accept(batch);
            _channel.Return(batch);
        }
    }

    private bool Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        if (_sends > 0 && --_sends == 0) throw new StormCrash();
        _world.NoteCommand(topic, payload);
        return _link.TryPublish(topic, payload);
    }
}
