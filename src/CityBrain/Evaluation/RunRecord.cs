using CityBrain.Brain;
using CityBrain.EventLogs;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Simulation;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>Looks on while a scenario runs and keeps what the report needs; nothing of it goes back to the brain.</summary>
internal sealed class RunRecord : IDisposable
{
    private readonly DistrictSide[] _sides;
    private readonly List<StreetVehicle> _vehicles = [];
    private readonly MovementWaits _waits;
    private readonly Dictionary<DistrictBrain, JournalWriter> _journals = [];
    private readonly EventLogFile? _events;
    private readonly string? _eventsPath;
    private readonly WhatIf.StreetCounts? _counts;

    /// <param name="sides">The districts of the run, which it listens to.</param>
    /// <param name="options">What to keep; events and counts are of a run with one brain.</param>
    public RunRecord(DistrictSide[] sides, EvaluationOptions options)
    {
        _sides = sides;
        City city = sides[0].Brain.City;
        _waits = new MovementWaits(city);
        Traces = [.. options.Corridors.Select(c => new CorridorTrace(c, options.Window.FromS, options.Window.ToS))];
        _events = options.HiRes is null ? null : new EventLogFile(city);
        _eventsPath = options.HiRes;
        _counts = options.Counts;
        foreach (DistrictSide side in sides)
        {
            side.Record = this;
            if (options.Journal)
                _journals[side.Brain] = NewJournal(side.Brain,
                    Path.Combine(options.Output, "journal", side.Brain.Options.District ?? ""));
        }
    }

    public IReadOnlyList<CorridorTrace> Traces { get; }

    /// <summary>An event on its way to a brain: into its journal first.</summary>
    public void Before(DistrictBrain brain, in CityEvent e, ReadOnlySpan<byte> extra)
    {
        _events?.Log.Accept(e, extra, reports: false);
        _counts?.Accept(e);
        if (!_journals.TryGetValue(brain, out JournalWriter? journal)) return;
        journal.Add(e, extra);
        if (e.Kind == EventKind.Tick) journal.Commit();
    }

    /// <summary>What the street and the heads are like from this second to the next.</summary>
    public void Second(SumoStreet street, FieldController[] field, long nowMs)
    {
        foreach (FieldController c in field)
        {
            _waits.Show(c.Intersection, c.Shown, nowMs);
            _events?.Log.Show(c.Intersection, c.Shown, nowMs);
            foreach (CorridorTrace trace in Traces) trace.Show(c.Intersection, c.Shown, nowMs);
        }
        _counts?.Tick(_sides[0].Brain.Traffic, nowMs);
        _events?.Log.Tick(_sides[0].Brain.Traffic, _sides[0].Brain.Commands, nowMs);
        street.CopyVehicles(_vehicles);
        _waits.Second(_vehicles, street.PressedButtons, nowMs);
        foreach (CorridorTrace trace in Traces) trace.Second(_vehicles, nowMs);
    }

    /// <summary>Ends the record: writes the events where wanted, and gives the longest waits. Call once, at the end.</summary>
    public List<MovementWait> Finish(long endMs)
    {
        _events?.Write(_eventsPath!);
        return _waits.Finish(endMs);
    }

    public void Dispose()
    {
        foreach ((DistrictBrain brain, JournalWriter journal) in _journals)
        {
            journal.NoteDigest(brain.Digest());
            journal.Dispose();
        }
    }

    /// <summary>A new journal; one of an earlier run in the same folder is replaced.</summary>
    private static JournalWriter NewJournal(DistrictBrain brain, string folder)
    {
        if (Directory.Exists(folder))
            foreach (string old in Directory.EnumerateFiles(folder, "*.cbj")) File.Delete(old);
        return JournalWriter.Open(folder, new JournalPreamble
        {
            City = brain.City.Description,
            Options = brain.Options.ToDictionary(),
            WrittenBy = "citybrain evaluate",
        });
    }
}
