namespace CityBrain.Engine.Measures;

/// <summary>
/// Measures that set on-events (82) of detectors of one function, less a latency, against the state of the
/// phase they serve. Phase events wait in a queue until the shifted arrivals have caught up with them, so
/// that
/// the two are taken in the order of their times; at the same time the phase comes first.
/// </summary>
internal abstract class ArrivalMeasure(
    DetectorTable table, DetectorFunction function, long latencyMs) : IMeasure
{
    private readonly Queue<HiResEvent> _phaseEvents = new();

    public abstract RowSchema Schema { get; }

    public IReadOnlyList<ushort> Events { get; } =
        [EventIds.DetectorOn, EventIds.BeginGreen, EventIds.BeginYellow, EventIds.BeginRedClearance];

    public void Accept(in HiResEvent e)
    {
        if (e.EventId == EventIds.DetectorOn)
        {
            ReadOnlySpan<ushort> phases = table.Phases(function, e.Device, e.Parameter);
            if (phases.IsEmpty)
            {
                return;
            }

            long timeMs = e.TimeMs - latencyMs;
            Drain(timeMs);
            foreach (ushort phase in phases)
            {
                Arrival(timeMs, e.Device, phase);
            }
        }
        else if (table.Serves(function, e.Device, e.Parameter))
        {
            if (latencyMs == 0)
            {
                PhaseEvent(in e);
            }
            else
            {
                _phaseEvents.Enqueue(e);
            }
        }
    }

    public void BeginBin(long startMs)
    {
        Drain(startMs - latencyMs - 1);
        Reached(startMs - latencyMs);
    }

    public void Finish(long endMs)
    {
        Drain(long.MaxValue);
        FinishRows();
    }

    /// <summary>A begin green, yellow or red clearance of a phase the function's detectors serve.</summary>
    protected abstract void PhaseEvent(in HiResEvent e);

    /// <summary>A vehicle's arrival, latency taken off.</summary>
    protected abstract void Arrival(long timeMs, int device, ushort phase);

    /// <summary>No arrival before this time will come any more.</summary>
    protected abstract void Reached(long timeMs);

    /// <summary>Writes what is left.</summary>
    protected abstract void FinishRows();

    private void Drain(long untilMs)
    {
        while (_phaseEvents.TryPeek(out HiResEvent e) && e.TimeMs <= untilMs)
        {
            _phaseEvents.Dequeue();
            PhaseEvent(in e);
        }
    }
}
