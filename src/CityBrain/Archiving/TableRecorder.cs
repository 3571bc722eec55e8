using CityBrain.Brain;
using CityBrain.Engine.Windows;
using CityBrain.History.Archive;
using CityBrain.Model;

namespace CityBrain.Archiving;

/// <summary>
/// Makes the archive's rows of what a brain lives through. Call <see cref="Note"/> after the brain accepted an event.
/// The same events make the same rows in the same batches, so that files made of them are equal byte for byte.
/// </summary>
internal sealed class TableRecorder
{
    /// <summary>A day's intervals are waited for so long after midnight; later ones go to the next day's file.</summary>
    public const long GraceMs = 600_000;

    private readonly City _city;
    private readonly DistrictBrain _brain;
    private readonly IRowTaker _taker;
    private readonly ArchiveIds _ids;
    private readonly CityPlaces _places;
    private readonly LaneMinutes _lanes;
    private readonly SignalChanges _signals;
    private readonly SortedDictionary<(long DayMs, string Table, int District), TableRows> _rows = [];
    private readonly WindowRow[] _windows = new WindowRow[256];
    private readonly bool[] _explained;
    private long _dayMs = long.MinValue;
    private long _openDayMs = long.MinValue;

    public TableRecorder(DistrictBrain brain, IRowTaker taker)
    {
        _brain = brain;
        _city = brain.City;
        _taker = taker;
        _places = new CityPlaces(_city);
        _ids = _places.Ids;
        _lanes = new LaneMinutes(_city);
        _signals = new SignalChanges(_city);
        _explained = new bool[_city.Intersections.Length];
    }

    /// <summary>Rows made and not handed on yet.</summary>
    public int Waiting => _rows.Values.Sum(r => r.Count);

    /// <summary>Takes note of an event that the brain has just accepted.</summary>
    public void Note(in CityEvent e, ReadOnlySpan<byte> extra, ulong number)
    {
        if (e.Kind == EventKind.Tick || _dayMs == long.MinValue) BeginDay(e.Kind == EventKind.Tick ? _brain.NowMs : e.TimeMs);
        NoteEvent(e, extra, number);
        if (e.Kind == EventKind.Controller && _signals.Changed(e, extra)) NoteSignal(e, extra);
        if (e.Kind != EventKind.Tick) return;
        NoteCommands();
        NoteWindows();
        _lanes.Tick(_brain.Traffic, NoteLane);
    }

    /// <summary>Hands on the rows that are waiting. An interval makes its row when it is over, not before.</summary>
    public void Flush()
    {
        foreach (((long day, string _, int district), TableRows rows) in _rows)
            if (rows.Count > 0) _taker.Take(rows.Table, _places.District(district), day, rows.Build());
    }

    /// <summary>The journal ends.</summary>
    public void Finish()
    {
        Flush();
        _rows.Clear();
        if (_dayMs != long.MinValue) _taker.EndDay(_dayMs);
    }

    private void BeginDay(long timeMs)
    {
        long day = Partition.MidnightOf(timeMs);
        if (_dayMs == long.MinValue) _openDayMs = day;
        _dayMs = Math.Max(_dayMs, day);
        if (_openDayMs >= _dayMs || timeMs < _dayMs + GraceMs) return;
        foreach (var key in _rows.Keys.Where(k => k.DayMs < _dayMs).ToArray())
        {
            Hand(key, _rows[key]);
            _rows.Remove(key);
        }
        _openDayMs = _dayMs;
        _taker.EndDay(_dayMs - Partition.DayLengthMs);
    }

    private TableRows Rows(ArchiveTable table, int district, long timeMs)
    {
        long day = table.ResolutionS == 0
            ? _dayMs
            : Math.Clamp(Partition.MidnightOf(timeMs), _openDayMs, _dayMs);
        var key = (day, table.Name, district);
        if (!_rows.TryGetValue(key, out TableRows? rows)) _rows.Add(key, rows = new TableRows(table, _ids));
        if (rows.IsFull) Hand(key, rows);
        return rows;
    }

    private void Hand((long DayMs, string Table, int District) key, TableRows rows)
    {
        if (rows.Count > 0) _taker.Take(rows.Table, _places.District(key.District), key.DayMs, rows.Build());
    }

    private void NoteEvent(in CityEvent e, ReadOnlySpan<byte> extra, ulong number)
    {
        (int place, int district) = _places.Of(e);
        TableRows rows = Rows(ArchiveTables.Events, district, e.TimeMs)
            .Add(e.TimeMs).Add((long)number).Add(Math.Min((long)e.Kind, _places.LastKind)).Add((long)e.Index);
        if (place < 0) rows.AddEmpty();
        else rows.Add((long)place);
        rows.Add((long)e.Code).Add((double)e.A).Add((double)e.B).Add((double)e.C).Add((long)e.Sequence);
        if (extra.IsEmpty) rows.AddEmpty();
        else rows.Add(Convert.ToHexStringLower(extra));
    }

    private void NoteSignal(in CityEvent e, ReadOnlySpan<byte> extra) =>
        Rows(ArchiveTables.Signals, _city.Intersections[e.Index].District, e.TimeMs)
            .Add(e.TimeMs).Add((long)e.Index).Add(Math.Min((long)e.Code, (long)ControllerMode.Off))
            .Add(Whole(e.A, -1, short.MaxValue)).Add(Whole(e.B, 0, (int)Refusal.Malformed)).Add(AspectLetters.Of(extra));

    /// <summary>A number of the wire as a whole one between bounds; what is none is the least.</summary>
    private static long Whole(float value, int least, int most) =>
        float.IsNaN(value) ? least : (long)Math.Clamp(value, least, most);

    private void NoteCommands()
    {
        CommandBuffer commands = _brain.Commands;
        for (int i = 0; i < commands.Count; i++)
        {
            ref readonly SignalCommand c = ref commands[i];
            Intersection where = _city.Intersections[c.Intersection];
            Rows(ArchiveTables.Commands, where.District, c.TimeMs)
                .Add(c.TimeMs).Add((long)c.Intersection).Add((long)c.Sequence).Add((long)c.Kind).Add((long)c.TargetStage)
                .Add(c.Changed).Add(c.ValidUntilMs).Add(Aspects.Write(commands.Aspects(i)));
            // A keep-alive between two decisions says nothing new.
            if (!c.Changed && c.Reason.AlternativeCount == 0 && _explained[c.Intersection]) continue;
            _explained[c.Intersection] = true;
            NoteDecision(c, where);
        }
    }

    private void NoteDecision(in SignalCommand command, Intersection where)
    {
        DecisionReason r = command.Reason;
        Rows(ArchiveTables.Decisions, where.District, command.TimeMs)
            .Add(command.TimeMs).Add((long)command.Intersection).Add((long)r.Asked).Add((long)r.Rule).Add((long)r.Gate)
            .Add((double)r.Score).Add((double)r.QueueVehicles).Add((double)r.ArrivalsVehicles)
            .Add((double)r.LongestWaitS).Add((long)r.LongestWaitGroup).Add(CityPlaces.Beaten(r, where))
            .Add(ReasonText.English(where, r));
    }

    private void NoteWindows()
    {
        for (int n = _brain.Engine.Rows.Fetch(_windows); n > 0; n = _brain.Engine.Rows.Fetch(_windows))
            foreach (ref readonly WindowRow w in _windows.AsSpan(0, n))
            {
                // Longer windows are sums of these: whoever wants them adds up, or thins.
                if (w.Length != WindowLength.Seconds60) continue;
                Rows(ArchiveTables.Windows, _places.DistrictOfDetector(w.Detector), w.StartMs)
                    .Add(w.StartMs).Add((long)w.Detector).Add(60L).Add((long)w.Readings).Add((double)w.Count)
                    .Add((double)w.Occupancy).Add((double)w.SpeedMps);
            }
    }

    private void NoteLane(in LaneMinute m) =>
        Rows(ArchiveTables.Lanes, _places.DistrictOfLane(m.Lane), m.BeginMs)
            .Add(m.BeginMs).Add((long)m.Lane).Add(60L).Add((long)m.Ticks).Add(m.Vehicles).Add(m.Stopped).Add(m.QueueM)
            .Add(m.SpeedMps).Add(m.FlowVph);
}
