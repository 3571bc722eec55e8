using CityBrain.Model;

namespace CityBrain.Dashboard;

public enum AlarmKind : byte
{
    /// <summary>The controller reports a fault, flashes or is off.</summary>
    ControllerFault,
    /// <summary>The controller runs its own programme.</summary>
    ControllerFallback,
    /// <summary>Nothing heard from the controller.</summary>
    ControllerSilent,
    /// <summary>A movement waits longer than its bound.</summary>
    WaitOverBound,
    /// <summary>A queue reaches back to the intersection behind it.</summary>
    Spillback,
    /// <summary>A sensor is stuck, chatters, is silent or says the impossible.</summary>
    DetectorFault,
    /// <summary>A feed's link is down.</summary>
    FeedDown,
}

/// <summary>
/// Something that asks for attention; Priority 1 is the most urgent of 3. Since and Until are the wall clock's,
/// SinceMs and UntilMs the feed's. Until: the cause has gone, or somebody cleared it.
/// </summary>
public sealed record Alarm(
    long Id, AlarmKind Kind, int Priority, int Intersection, int Index, string Detail, DateTimeOffset Since, long SinceMs)
{
    public DateTimeOffset? Until { get; set; }
    public long? UntilMs { get; set; }
    public string? AcknowledgedBy { get; set; }
    public DateTimeOffset? AcknowledgedAt { get; set; }
    public string? ClearedBy { get; set; }
}

/// <summary>
/// Alarms raised from frames: open while their cause lasts, kept for a while after it ended. One alarm per kind
/// and place. A cause must last before it is an alarm, and be gone for a while before the alarm ends (on-delay and
/// off-delay as in ANSI/ISA-18.2), so that what comes and goes with a cycle does not fill the list. One that somebody
/// cleared comes again only after its cause was gone that long. Bounded: past the bound the oldest ended one goes,
/// and new causes are only counted.
/// </summary>
internal sealed class AlarmBook(City city)
{
    public const int Kept = 2000;

    private readonly Dictionary<(AlarmKind, int), Alarm> _open = [];
    private readonly Queue<Alarm> _ended = [];
    private readonly Dictionary<(AlarmKind, int), Cause> _causes = [];
    private readonly List<(AlarmKind, int)> _gone = [];
    private readonly SpillbackReach _spillback = new(city);
    private readonly Dictionary<long, Alarm> _changed = [];
    private long _lastId, _noted;

    /// <summary>Causes that found no room.</summary>
    public long Overflow { get; private set; }
    public int OpenCount => _open.Count;
    public int NewCount => _open.Values.Count(a => a.AcknowledgedBy is null);

    /// <summary>How long a cause must last, and how long it must be gone, milliseconds of the feed's clock.</summary>
    private static (long OnMs, long OffMs) DelayOf(AlarmKind kind) => kind switch
    {
        // A brain that starts takes over within seconds what ran by itself before.
        AlarmKind.ControllerFallback => (10_000, 0),
        // A queue that dissolves with the next green has blocked nobody for long.
        AlarmKind.Spillback => (15_000, 30_000),
        AlarmKind.DetectorFault => (0, 60_000),
        _ => (0, 0),
    };

    public void Note(CityFrame frame, DateTimeOffset now)
    {
        if (frame.TimeMs < _noted) _causes.Clear(); // the feed's clock went back: no delay can be told
        _noted = frame.TimeMs;
        for (int i = 0; i < frame.Intersections.Length; i++) NoteIntersection(frame, i, now);
        for (int d = 0; d < frame.Detectors.Length; d++)
            if (frame.Detectors[d].Fault != DetectorFault.None)
                Raise(AlarmKind.DetectorFault, 3, city.Detectors[d].Intersection, d,
                    $"{city.Detectors[d].Id}: {frame.Detectors[d].Fault}", now);
        for (int f = 0; f < frame.FeedCount; f++)
            if (!frame.Feeds[f].Up) Raise(AlarmKind.FeedDown, 1, -1, f, frame.Feeds[f].Name, now);
        EndWhatIsGone(now);
    }

    /// <summary>Open alarms by priority, newest first, then ended ones.</summary>
    public Alarm[] All() =>
        [.. _open.Values.OrderBy(a => a.Priority).ThenByDescending(a => a.Id), .. _ended.Reverse()];

    /// <summary>Copies of what was raised, acknowledged or ended since this was last asked for.</summary>
    public Alarm[] TakeChanged()
    {
        if (_changed.Count == 0) return [];
        Alarm[] taken = [.. _changed.Values.OrderBy(a => a.Id).Select(a => a with { })];
        _changed.Clear();
        return taken;
    }

    /// <summary>Takes in what an earlier run left, before the first frame; the open ones end unless their cause is seen again.</summary>
    public void Resume(IEnumerable<Alarm> earlier)
    {
        foreach (Alarm alarm in earlier.OrderBy(a => a.Id))
        {
            _lastId = Math.Max(_lastId, alarm.Id);
            if (alarm.Until is not null || !_open.TryAdd((alarm.Kind, alarm.Index), alarm)) Keep(alarm);
        }
    }

    public Alarm? Acknowledge(long id, string who, DateTimeOffset now)
    {
        Alarm? alarm = _open.Values.FirstOrDefault(a => a.Id == id) ?? _ended.FirstOrDefault(a => a.Id == id);
        if (alarm is null || alarm.AcknowledgedBy is not null) return alarm;
        alarm.AcknowledgedBy = who;
        alarm.AcknowledgedAt = now;
        _changed[alarm.Id] = alarm;
        return alarm;
    }

    /// <summary>Takes an alarm off the open ones although its cause may last; null if there is none.</summary>
    public Alarm? Clear(long id, string who, DateTimeOffset now, long timeMs)
    {
        foreach (var (key, alarm) in _open)
        {
            if (alarm.Id != id) continue;
            if (alarm.AcknowledgedBy is null) (alarm.AcknowledgedBy, alarm.AcknowledgedAt) = (who, now);
            alarm.ClearedBy = who;
            End(key, alarm, now, timeMs);
            return alarm;
        }
        return null;
    }

    private void NoteIntersection(CityFrame frame, int i, DateTimeOffset now)
    {
        ref readonly IntersectionFrame s = ref frame.Intersections[i];
        Intersection place = city.Intersections[i];
        if (s.SeenMs > 0 && frame.TimeMs - s.SeenMs > 3 * place.Limits.Fallback.Value)
            Raise(AlarmKind.ControllerSilent, 1, i, i, "", now);
        else if (s.Mode is ControllerMode.Fault or ControllerMode.Flash or ControllerMode.Off)
            Raise(AlarmKind.ControllerFault, 1, i, i, s.Mode.ToString(), now);
        else if (s.Mode == ControllerMode.Fallback)
            Raise(AlarmKind.ControllerFallback, 2, i, i, s.Reason.Rule.ToString(), now);
        if (s.WaitSinceMs >= 0 && frame.TimeMs - s.WaitSinceMs > place.Limits.MaxWait.Value)
            Raise(AlarmKind.WaitOverBound, 2, i, i, place.Groups[s.WaitGroup].Id, now);
        foreach (int lane in place.StopLineLanes)
            if (_spillback.Reaches(frame, lane))
                Raise(AlarmKind.Spillback, 3, i, lane, city.Lanes[lane].Street ?? city.Lanes[lane].Id, now);
    }

    private void Raise(AlarmKind kind, int priority, int intersection, int index, string detail, DateTimeOffset now)
    {
        var key = (kind, index);
        if (_causes.TryGetValue(key, out Cause? cause))
        {
            if (cause.SeenMs == _noted) return;
            cause.SeenMs = _noted;
        }
        else
        {
            _causes.Add(key, cause = new Cause { SinceMs = _noted, SeenMs = _noted, Since = now });
        }
        if (cause.Told || _noted - cause.SinceMs < DelayOf(kind).OnMs) return;
        if (_open.Count >= Kept)
        {
            if (!cause.Counted) Overflow++;
            cause.Counted = true;
            return;
        }
        cause.Told = true;
        if (_open.ContainsKey(key)) return; // an earlier run raised it
        var alarm = new Alarm(++_lastId, kind, priority, intersection, index, detail, cause.Since, cause.SinceMs);
        _open.Add(key, alarm);
        _changed[alarm.Id] = alarm;
    }

    /// <summary>
    /// Forgets causes that were gone long enough, and ends the alarms that have none. One that an earlier run left open
    /// and whose cause is not there ends at once: nobody watched meanwhile.
    /// </summary>
    private void EndWhatIsGone(DateTimeOffset now)
    {
        _gone.Clear();
        foreach (var (key, cause) in _causes)
            if (_noted > cause.SeenMs && (!cause.Told || _noted - cause.SeenMs >= DelayOf(key.Item1).OffMs)) _gone.Add(key);
        foreach (var key in _gone)
        {
            Cause cause = _causes[key];
            _causes.Remove(key);
            if (_open.TryGetValue(key, out Alarm? alarm)) End(key, alarm, now, DelayOf(key.Item1).OffMs > 0 ? cause.SeenMs : _noted);
        }
        _gone.Clear();
        foreach (var key in _open.Keys)
            if (!_causes.ContainsKey(key)) _gone.Add(key);
        foreach (var key in _gone) End(key, _open[key], now, _noted);
    }

    private void End((AlarmKind, int) key, Alarm alarm, DateTimeOffset now, long timeMs)
    {
        _open.Remove(key);
        alarm.Until = now;
        alarm.UntilMs = timeMs;
        _changed[alarm.Id] = alarm;
        Keep(alarm);
    }

    private void Keep(Alarm alarm)
    {
        _ended.Enqueue(alarm);
        if (_ended.Count > Kept) _ended.Dequeue();
    }

    /// <summary>Something that may become an alarm. Told: it has, and does not again until it was gone.</summary>
    private sealed class Cause
    {
        public required long SinceMs { get; init; }
        public required DateTimeOffset Since { get; init; }
        public long SeenMs { get; set; }
        public bool Told { get; set; }
        /// <summary>It has been counted that there was no room for it.</summary>
        public bool Counted { get; set; }
    }
}
