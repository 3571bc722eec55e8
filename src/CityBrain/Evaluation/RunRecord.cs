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
    private readonly DistrictBrain _brain;
    private readonly List<StreetVehicle> _vehicles = [];
    private readonly MovementWaits _waits;
    private readonly JournalWriter? _journal;
    private readonly EventLogFile? _events;
    private readonly string? _eventsPath;
    private readonly WhatIf.StreetCounts? _counts;

    public RunRecord(DistrictBrain brain, EvaluationOptions options)
    {
        _brain = brain;
        _waits = new MovementWaits(brain.City);
        Traces = [.. options.Corridors.Select(c => new CorridorTrace(c, options.Window.FromS, options.Window.ToS))];
        _events = options.HiRes is null ? null : new EventLogFile(brain.City);
        _eventsPath = options.HiRes;
        _counts = options.Counts;
        if (options.Journal) _journal = NewJournal(brain, Path.Combine(options.Output, "journal"));
    }

    public IReadOnlyList<CorridorTrace> Traces { get; }

    /// <summary>An event on its way to the brain: into the journal first.</summary>
    public void Before(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        _events?.Log.Accept(e, extra, reports: false);
        _counts?.Accept(e);
        _journal?.Add(e, extra);
        if (e.Kind == EventKind.Tick) _journal?.Commit();
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
        _counts?.Tick(_brain.Traffic, nowMs);
        _events?.Log.Tick(_brain.Traffic, _brain.Commands, nowMs);
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
        _journal?.NoteDigest(_brain.Digest());
        _journal?.Dispose();
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
