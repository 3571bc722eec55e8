using CityBrain.Access;
using CityBrain.Archiving;
using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.History;
using CityBrain.Ingest;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>
/// The wiring of a run: broker, feeds, channel, journal, brain, commands, dashboard. Everything is made here with
/// `new`, in the order in which a packet meets it, and taken apart in reverse.
/// </summary>
internal sealed class BrainHost : IAsyncDisposable
{
    private readonly RunOptions _options;
    private readonly Log _log;
    private readonly Instruments _instruments = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly BatchChannel<EventBatch> _channel = IngestLoop.MakeChannel();
    private readonly List<Task> _loops = [];
    private readonly string[] _districts;
    private readonly ReceiptBook _receipts;
    private MqttBroker? _broker;
    /// <summary>Null where the feed is the clock: its sender waits for the answer, and no reading may be missing.</summary>
    private readonly LatestReadings? _latest;
    private MqttClient? _client;
    private IngestLoop? _ingest;
    private JournalWriter? _journal;
    private BrainLoop? _loop;
    private DashboardHost? _dashboard;
    private IDisposable? _otlp;

    private BrainHost(RunOptions options, Log log)
    {
        _options = options;
        _log = log;
        Brain = new DistrictBrain(options.City, options.Brain);
        _receipts = new ReceiptBook(options.City);
        if (options.Clock != ClockSource.Feed) _latest = new LatestReadings(Brain.City);
        _districts = options.Brain.District is { } one ? [one] : [.. options.City.Districts.Select(d => d.Id)];
    }

    public DistrictBrain Brain { get; }
    public Uri? DashboardAddress => _dashboard?.Address;
    public int MqttPort => _broker?.Port ?? 0;
    public bool HasFrontEnd => _dashboard?.HasFrontEnd ?? false;
    public BrainLoop Loop => _loop!;

    /// <summary>Starts a run.</summary>
    /// <exception cref="CliFailure">A port is busy, the broker does not answer, or the journal is damaged.</exception>
    public static async Task<BrainHost> StartAsync(
        RunOptions options, Log log, Action<string, string>? firstPassword, CancellationToken cancel)
    {
        var host = new BrainHost(options, log);
        try
        {
            await host.StartBrokerAsync(cancel);
            host.OpenJournal();
            await host.ConnectAsync(cancel);
            await host.StartDashboardAsync(firstPassword, cancel);
            host.StartLoops();
            await host.SubscribeAsync(cancel);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when the brain's loop ends, which it does only when asked to or when it breaks.</summary>
    public Task Completion => _loops[0];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await Task.WhenAll(_loops);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _log.Error("a loop ended badly", ("reason", e.Message));
        }
        if (_client is not null) await _client.DisposeAsync();
        if (_dashboard is not null) await _dashboard.DisposeAsync();
        if (_broker is not null) await _broker.DisposeAsync();
        CloseJournal();
        _otlp?.Dispose();
        _instruments.Dispose();
        _stop.Dispose();
    }

    private async Task StartBrokerAsync(CancellationToken cancel)
    {
        if (_options.Broker is not null) return;
        try
        {
            BrokerUsers? users = _options.MqttSecurity.UsersFile is { } file
                ? new BrokerUsers(file, TimeProvider.System, line => _log.Error(line)) : null;
            _broker = await MqttBroker.StartAsync(
                new MqttBrokerOptions
                {
                    Port = _options.MqttPort, Address = _options.Bind, Tls = _options.MqttSecurity.Tls,
                    Authenticate = users is null ? null : users.LogIn,
                    MaxConnections = _options.MqttConnections, MaxSessions = 2 * _options.MqttConnections,
                },
                cancel);
        }
        catch (MqttPortBusyException)
        {
            throw CliFailure.Failed($"port {_options.MqttPort} for the MQTT broker is in use by another program: "
                + "stop that one, choose another with --mqtt-port, or use that broker with --broker");
        }
    }

    private void OpenJournal()
    {
        if (_options.Journal is null) return;
        var preamble = new JournalPreamble
        {
            City = _options.City.Description,
            Options = _options.Brain.ToDictionary(),
            WrittenBy = "citybrain " + typeof(BrainHost).Assembly.GetName().Version?.ToString(3),
        };
        _journal = JournalRecovery.Open(_options.Journal, preamble, Brain, _receipts, _log);
    }

    private async Task ConnectAsync(CancellationToken cancel)
    {
        var decoder = new FeedDecoder(
            Brain.City, _options.Brain.District, _options.Clock == ClockSource.Feed, Brain.Border);
        _ingest = new IngestLoop(decoder, _channel, wait: true, _latest);
        MqttClientOptions where = _options.Broker ?? new MqttClientOptions { Open = OpenInner };
        _client = new MqttClient(
            where with { ClientId = "citybrain-" + (_options.Brain.District ?? "city"), QueueBytes = 16 << 20 },
            _ingest.OnMessage, _ingest.OnReadDone);
        _client.ConnectionChanged += up => _log.Info(up ? "broker connected" : "broker lost");
        try
        {
            await _client.ConnectAsync(cancellation: cancel);
        }
        catch (MqttConnectException e)
        {
            throw CliFailure.Failed($"the MQTT broker at {where.Host}:{where.Port} does not answer: {e.Message}");
        }
    }

    /// <summary>The brain's own way to the embedded broker: no port, no password, the rights of a brain.</summary>
    private Stream OpenInner() => _broker!.Connect(
        new BrokerUser
        {
            Name = "citybrain", Role = BrokerRole.Brain, Districts = _districts,
            Subscribe = [.. FeedTopics.BorderFilters(Brain.City, Brain.Border)],
        }.Identify("citybrain"));

    private bool Send(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload) => _client!.TryPublish(topic, payload);

    private async Task SubscribeAsync(CancellationToken cancel)
    {
        foreach (string filter in _districts.SelectMany(d => new FeedTopics(d).BrainFilters)
            .Concat(FeedTopics.BorderFilters(Brain.City, Brain.Border)))
        {
            ReasonCode code = await _client!.SubscribeAsync(filter, Qos.AtMostOnce, cancel);
            if (code.IsError())
                throw CliFailure.Failed($"the MQTT broker refuses the subscription to {filter}: {code}");
        }
    }

    private async Task StartDashboardAsync(Action<string, string>? firstPassword, CancellationToken cancel)
    {
        var sink = new MqttCommandSink(Brain.City, Send, _options.Clock == ClockSource.Feed ? _districts : [],
            _options.CommandKeys);
        _loop = new BrainLoop(Brain, _journal, _receipts, sink, _channel, _log, _latest);
        HostInstruments.Register(_instruments, Brain, _loop, _channel, _ingest!, _client!, _broker, sink, _latest);
        _otlp = OpenTelemetryExport.StartIfConfigured();
        if (!_options.Dashboard) return;
        var overrides = new OverrideDesk(_channel, () => Brain.NowMs);
        var options = new DashboardOptions
        {
            City = Brain.City, Bind = _options.Bind, Port = _options.DashboardPort, Tls = _options.DashboardTls,
            DataFolder = _options.DataFolder,
            Overrides = overrides.Requests, Metrics = _instruments.Prometheus, Scenery = _options.Scenery, ChineseNames = _options.ChineseNames,
            TimeZone = _options.TimeZone, Basemap = _options.Basemap, FirstPassword = firstPassword, Log = line => _log.Info(line),
            Recorded = _options.Archive is null && _options.HiRes is null
                ? null : new RecordedHistory(_options.Archive, _options.HiRes),
        };
        try
        {
            _dashboard = await DashboardHost.StartAsync(options, HostInstruments.FrameCounterNames, cancel);
        }
        catch (DashboardStartException e)
        {
            throw CliFailure.Failed(e.Message + " (--port chooses another one)");
        }
        _loops.Add(overrides.RunAsync(_stop.Token));
        var feeds = new FeedPicture(_ingest!, _channel, _client!, Brain, _loop.Tally, _latest);
        var frames = new FrameWriter(Brain.City, _dashboard.Frames, _options.ShownClock, feeds.Fill, options.FramePauseMs);
        _loop.Ticked += frames.Write;
    }

    private void StartLoops()
    {
        _loops.Insert(0, Task.Factory.StartNew(() => _loop!.RunAsync(_stop.Token), _stop.Token,
            TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap());
        if (_options.Clock == ClockSource.Wall)
            _loops.Add(new TickClock(_channel, TimeProvider.System).RunAsync(_stop.Token));
    }

    private void CloseJournal()
    {
        if (_journal is null) return;
        try
        {
            using (_journal) _journal.NoteDigest(Brain.Digest());
        }
        catch (IOException e)
        {
            _log.Error("the journal could not be closed", ("reason", e.Message));
        }
    }
}
