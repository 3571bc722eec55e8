using System.Net.WebSockets;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// Takes the newest frame at a steady pace, encodes it once, keeps what the past needs and offers it to every
/// viewer. Also answers questions about the present: under <see cref="Gate"/>, so that a frame is never read
/// while it is being exchanged. The brain's thread never comes near this lock.
/// </summary>
internal sealed class LiveFeed : IDisposable
{
    private const int StatePauseMs = 1000;

    private readonly DashboardOptions _options;
    private readonly FrameEncoder _encoder;
    private readonly ILookup<int, int> _detectorsOf;
    private readonly AlarmFile _alarmFile;
    private readonly Lock _viewersGate = new();
    private Viewer[] _viewers = [];
    private uint _number;
    private long _takenAt;
    private long _lost, _refused;

    public LiveFeed(DashboardOptions options, FrameExchange exchange)
    {
        _options = options;
        Exchange = exchange;
        Usual = new UsualCity(options);
        _encoder = new FrameEncoder(options.City, Usual);
        Arrivals = new ArrivalLog(options.City);
        Trails = new TrailArchive(options.HistoryBytes / 2);
        Stages = new StageLog(options.City.Intersections.Length);
        Archive = new FrameArchive(options.HistoryBytes);
        Alarms = new AlarmBook(options.City);
        _alarmFile = new AlarmFile(options.DataFolder, Alarms, options.Log);
        _detectorsOf = options.City.Detectors.ToLookup(d => d.Intersection, d => d.Index);
    }

    /// <summary>The detectors wired to an intersection.</summary>
    public IEnumerable<int> DetectorsOf(int intersection) => _detectorsOf[intersection];

    public FrameExchange Exchange { get; }
    public Lock Gate { get; } = new();
    public StageLog Stages { get; }
    public CityLog City { get; } = new();
    public FrameArchive Archive { get; }
    public AlarmBook Alarms { get; }
    public UsualCity Usual { get; }
    public ArrivalLog Arrivals { get; }
    public TrailArchive Trails { get; }
    /// <summary>Cancelled when the dashboard stops.</summary>
    public CancellationToken Stopping { get; set; }
    public bool IsFull => _viewers.Length >= _options.MaxViewers;
    public LiveFrame? Current { get; private set; }
    public CityFrame Frame => Exchange.Reading;
    public int ViewerCount => _viewers.Length;
    public long FramesLost => Volatile.Read(ref _lost);
    public long ViewersRefused => Volatile.Read(ref _refused);

    /// <summary>Milliseconds since the brain last handed over a frame; -1 before the first.</summary>
    public long AgeMs => Current is null ? -1 : (long)_options.Time.GetElapsedTime(_takenAt).TotalMilliseconds;

    public async Task RunAsync(CancellationToken cancel)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(_options.FramePauseMs), _options.Time);
        long stateAt = 0;
        try
        {
            do
            {
                Step();
                KeepAlarms();
                if (stateAt != 0 && _options.Time.GetElapsedTime(stateAt).TotalMilliseconds < StatePauseMs - 20) continue;
                stateAt = _options.Time.GetTimestamp();
                foreach (Viewer viewer in _viewers) viewer.CheckSession();
                ShareState();
            }
            while (await pace.WaitForNextTickAsync(cancel));
        }
        catch (OperationCanceledException)
        {
            // The dashboard stops.
        }
    }

    /// <summary>Takes and shares a frame if there is a new one.</summary>
    public void Step()
    {
        LiveFrame frame;
        lock (Gate)
        {
            if (!Exchange.TryTake()) return;
            _takenAt = _options.Time.GetTimestamp();
            Usual.Note(Frame);
            Arrivals.Note(Frame);
            (byte[] key, byte[]? delta) = _encoder.Encode(Frame, ++_number);
            frame = new LiveFrame(_number, key, delta, _encoder.EncodeVehicles(Frame, _number));
            Current = frame;
            for (int i = 0; i < Frame.Intersections.Length; i++)
                Stages.Note(i, Frame.Intersections[i], Frame.TimeMs);
            City.Note(Frame);
            Archive.Note(Frame.TimeMs, key);
            Trails.Note(Frame.TimeMs, frame.Vehicles);
            Alarms.Note(Frame, _options.Time.GetUtcNow());
        }
        foreach (Viewer viewer in _viewers)
            if (viewer.Offer(frame)) Interlocked.Increment(ref _lost);
    }

    /// <summary>What changed about alarms goes to disk, after the frame has gone to the viewers.</summary>
    public void KeepAlarms()
    {
        Alarm[] changed;
        lock (Gate) changed = Alarms.TakeChanged();
        _alarmFile.Note(changed);
    }

    public void Dispose()
    {
        KeepAlarms();
        _alarmFile.Dispose();
    }

    /// <summary>Everybody gets the small things, and with them a sign of life, once a second.</summary>
    private void ShareState()
    {
        if (_viewers.Length == 0) return;
        byte[] utf8 = DashboardJson.Write(State());
        foreach (Viewer viewer in _viewers) viewer.OfferState(utf8);
    }

    public StateView State()
    {
        lock (Gate) return StateView.Of(this);
    }

    /// <summary>Admits a viewer, or returns null when there are too many.</summary>
    /// <param name="socket">Its connection.</param>
    /// <param name="mayStay">Asked once a second: false ends the connection.</param>
    public Viewer? Admit(WebSocket socket, Func<bool> mayStay)
    {
        var viewer = new Viewer(socket, mayStay);
        lock (_viewersGate)
        {
            if (_viewers.Length >= _options.MaxViewers)
            {
                Interlocked.Increment(ref _refused);
                return null;
            }
            _viewers = [.. _viewers, viewer];
        }
        viewer.OfferState(DashboardJson.Write(State()));
        if (Current is { } frame) viewer.Offer(frame);
        return viewer;
    }

    public void Leave(Viewer viewer)
    {
        lock (_viewersGate) _viewers = [.. _viewers.Where(v => v != viewer)];
    }
}
