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
    /// <summary>A queue fills its lane.</summary>
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
/// and place. One that somebody cleared comes again only after its cause was gone for a while. Bounded: past the
/// bound the oldest ended one goes, and new causes are only counted.
/// </summary>
internal sealed class AlarmBook(City city)
{
    public const int Kept = 2000;

    private readonly Dictionary<(AlarmKind, int), Alarm> _open = [];
    private readonly LinkedList<Alarm> _ended = [];
    private readonly HashSet<(AlarmKind, int)> _seen = [], _cleared = [];
    private long _lastId;

    /// <summary>Causes that found no room.</summary>
    public long Overflow { get; private set; }
    public int OpenCount => _open.Count;
    public int NewCount => _open.Values.Count(a => a.AcknowledgedBy is null);

    public void Note(CityFrame frame, DateTimeOffset now)
    {
        _seen.Clear();
        for (int i = 0; i < frame.Intersections.Length; i++) NoteIntersection(frame, i, now);
        for (int d = 0; d < frame.Detectors.Length; d++)
            if (frame.Detectors[d].Fault != DetectorFault.None)
                Raise(AlarmKind.DetectorFault, 3, city.Detectors[d].Intersection, d,
                    $"{city.Detectors[d].Id}: {frame.Detectors[d].Fault}", now, frame.TimeMs);
        for (int f = 0; f < frame.FeedCount; f++)
            if (!frame.Feeds[f].Up) Raise(AlarmKind.FeedDown, 1, -1, f, frame.Feeds[f].Name, now, frame.TimeMs);
        foreach (var (key, alarm) in _open)
            if (!_seen.Contains(key)) End(key, alarm, now, frame.TimeMs);
        _cleared.IntersectWith(_seen);
    }

    /// <summary>Open alarms by priority, newest first, then ended ones.</summary>
    public Alarm[] All() =>
        [.. _open.Values.OrderBy(a => a.Priority).ThenByDescending(a => a.Id), .. _ended.Reverse()];

    public Alarm? Acknowledge(long id, string who, DateTimeOffset now)
    {
        Alarm? alarm = _open.Values.FirstOrDefault(a => a.Id == id) ?? _ended.FirstOrDefault(a => a.Id == id);
        if (alarm is null || alarm.AcknowledgedBy is not null) return alarm;
        alarm.AcknowledgedBy = who;
        alarm.AcknowledgedAt = now;
        return alarm;
    }

    /// <summary>Takes an acknowledged alarm off the open ones although its cause may last; null if there is none.</summary>
    public Alarm? Clear(long id, string who, DateTimeOffset now, long timeMs)
    {
        foreach (var (key, alarm) in _open)
        {
            if (alarm.Id != id) continue;
            if (alarm.AcknowledgedBy is null) (alarm.AcknowledgedBy, alarm.AcknowledgedAt) = (who, now);
            alarm.ClearedBy = who;
            _cleared.Add(key);
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
            Raise(AlarmKind.ControllerSilent, 1, i, i, "", now, frame.TimeMs);
        else if (s.Mode is ControllerMode.Fault or ControllerMode.Flash or ControllerMode.Off)
            Raise(AlarmKind.ControllerFault, 1, i, i, s.Mode.ToString(), now, frame.TimeMs);
        else if (s.Mode == ControllerMode.Fallback)
            Raise(AlarmKind.ControllerFallback, 2, i, i, s.Reason.Rule.ToString(), now, frame.TimeMs);
        if (s.WaitSinceMs >= 0 && frame.TimeMs - s.WaitSinceMs > place.Limits.MaxWait.Value)
            Raise(AlarmKind.WaitOverBound, 2, i, i, place.Groups[s.WaitGroup].Id, now, frame.TimeMs);
        foreach (int lane in place.StopLineLanes)
        {
            float tail = frame.Lanes[lane].QueueTailM;
            if (tail <= 30 || tail < CityFrame.SpillbackShare * city.Lanes[lane].Length.Value) continue;
            Raise(AlarmKind.Spillback, 3, i, lane, city.Lanes[lane].Street ?? city.Lanes[lane].Id, now, frame.TimeMs);
        }
    }

    private void Raise(AlarmKind kind, int priority, int intersection, int index, string detail, DateTimeOffset now, long timeMs)
    {
        var key = (kind, index);
        if (!_seen.Add(key) || _open.ContainsKey(key) || _cleared.Contains(key)) return;
        if (_open.Count >= Kept)
        {
            Overflow++;
            return;
        }
        _open.Add(key, new Alarm(++_lastId, kind, priority, intersection, index, detail, now, timeMs));
    }

    private void End((AlarmKind, int) key, Alarm alarm, DateTimeOffset now, long timeMs)
    {
        _open.Remove(key);
        alarm.Until = now;
        alarm.UntilMs = timeMs;
        _ended.AddLast(alarm);
        if (_ended.Count > Kept) _ended.RemoveFirst();
    }
}
