namespace CityBrain.Engine.Measures;

/// <summary>
/// The occupancy of one phase's stop bar against its cycles, for <see cref="SplitFailures"/>. Edges and phase
/// events wait, ordered by time, until no edge can be imputed before them any more.
/// </summary>
internal sealed class Approach(
    IRowSink sink, BinSize bin, SplitFailureLimits limits, CellGrid<SplitFailures.Detector> detectors,
    int[] detectorNumbers, int device, ushort phase)
{
    private const int Many = 64;
    private const int Most = 1 << 16;
    private const byte Barrier = 11;
    private const byte Occupancy = 82;

    private readonly List<Pending> _pending = [];
    private readonly Queue<long> _barriersMs = new();
    private int _head;
    private long _reckonedMs = long.MinValue;
    private int _occupied;
    private bool _known;
    private Cycle _cycle;
    private Sums _sums;

    public int Device => device;

    public int PhaseNumber => phase;

    public long TakenAsTheyStood { get; private set; }

    public void Phase(long timeMs, ushort eventId)
    {
        _pending.Add(new Pending(timeMs, (byte)eventId, 0));
        ReckonWhenMany(timeMs);
    }

    /// <summary>A detector goes on (+1) or off (-1), or is first heard (0).</summary>
    public void Edge(long timeMs, int change) => _pending.Add(new Pending(timeMs, Occupancy, (sbyte)change));

    /// <summary>An edge nobody saw, before the last one added.</summary>
    public void Imputed(long timeMs, int change)
    {
        timeMs = Math.Max(timeMs, _reckonedMs);
        int at = _pending.Count;
        while (at > _head && _pending[at - 1].TimeMs > timeMs)
        {
            at--;
        }

        _pending.Insert(at, new Pending(timeMs, Occupancy, (sbyte)change));
    }

    public void ReckonWhenMany(long nowMs)
    {
        int waiting = _pending.Count - _head;
        if (waiting >= Many && waiting % Many == 0)
        {
            Reckon(nowMs);
        }

        if (_pending.Count - _head >= Most)
        {
            TakenAsTheyStood++;
            ReckonUntil(nowMs);
        }
    }

    /// <summary>Reckons all that is certain when events up to a time have come.</summary>
    public void Reckon(long nowMs)
    {
        long certainMs = nowMs;
        foreach (int number in detectorNumbers)
        {
            ref SplitFailures.Detector detector = ref detectors.At(device, number);
            if (detector.Seen)
            {
                certainMs = Math.Min(certainMs, detector.TimeMs);
            }
        }

        ReckonUntil(certainMs);
    }

    public void Finish(long endMs)
    {
        ReckonUntil(endMs);
        CloseCycle();
        WriteRow();
    }

    /// <summary>Takes what is pending before a time, in order of time, then event id.</summary>
    private void ReckonUntil(long timeMs)
    {
        while (true)
        {
            bool any = _head < _pending.Count && _pending[_head].TimeMs < timeMs;
            bool barrier = _barriersMs.TryPeek(out long barrierMs) && barrierMs < timeMs
                && (!any || new Pending(barrierMs, Barrier, 0).Before(_pending[_head]));
            if (barrier)
            {
                Take(new Pending(_barriersMs.Dequeue(), Barrier, 0));
            }
            else if (any)
            {
                Take(_pending[_head++]);
            }
            else
            {
                break;
            }
        }

        _pending.RemoveRange(0, _head);
        _head = 0;
    }

    private void Take(Pending next)
    {
        long durationMs = _reckonedMs == long.MinValue ? 0 : next.TimeMs - _reckonedMs;
        _reckonedMs = next.TimeMs;
        _cycle.Pass(durationMs, _occupied > 0);
        switch (next.EventId)
        {
            case (byte)EventIds.BeginGreen:
                CloseCycle();
                _cycle = new Cycle { State = (byte)EventIds.BeginGreen, Known = _known };
                break;
            case (byte)EventIds.BeginYellow:
                _cycle.Yellows++;
                _cycle.Enter(next.EventId);
                break;
            case (byte)EventIds.BeginRedClearance:
                _cycle.Enter(next.EventId);
                _barriersMs.Enqueue(next.TimeMs + limits.RedTimeMs);
                break;
            case Barrier:
                _cycle.Barriers++;
                _cycle.BarrierMs = next.TimeMs;
                _cycle.Enter(next.EventId);
                break;
            default:
                _known = true;
                _occupied += next.Change;
                break;
        }
    }

    private void CloseCycle()
    {
        if (!_cycle.Known || _cycle.Yellows != 1 || _cycle.Barriers != 1 || _cycle.GreenMs == 0)
        {
            return;
        }

        long start = bin.Start(_cycle.BarrierMs);
        if (start != _sums.BinStartMs)
        {
            WriteRow();
            _sums = new Sums { BinStartMs = start };
        }

        double green = (double)_cycle.GreenOccupiedMs / _cycle.GreenMs;
        double red = (double)_cycle.RedOccupiedMs / limits.RedTimeMs;
        _sums.Cycles++;
        _sums.GreenMs += _cycle.GreenMs;
        _sums.GreenOccupancy += green;
        _sums.RedOccupancy += red;
        _sums.Failures += green >= limits.GreenOccupancy && red >= limits.RedOccupancy ? 1 : 0;
    }

    private void WriteRow()
    {
        if (_sums.Cycles > 0)
        {
            double n = _sums.Cycles;
            sink.Write(new MeasureRow(_sums.BinStartMs, device, phase,
                MeasureRow.Bits(_sums.GreenMs / 1000.0 / n), MeasureRow.Bits(_sums.GreenOccupancy / n),
                MeasureRow.Bits(_sums.RedOccupancy / n), _sums.Failures));
            _sums = default;
        }
    }

    private readonly record struct Pending(long TimeMs, byte EventId, sbyte Change)
    {
        public bool Before(Pending other) =>
            TimeMs < other.TimeMs || (TimeMs == other.TimeMs && EventId < other.EventId);
    }

    private struct Cycle
    {
        public long GreenMs;
        public long GreenOccupiedMs;
        public long RedOccupiedMs;
        public long BarrierMs;
        public int Yellows;
        public int Barriers;
        public byte State;
        public bool Known;

        public void Pass(long durationMs, bool occupied)
        {
            long occupiedMs = occupied ? durationMs : 0;
            if (State == (byte)EventIds.BeginGreen)
            {
                GreenMs += durationMs;
                GreenOccupiedMs += occupiedMs;
            }
            else if (State == (byte)EventIds.BeginRedClearance)
            {
                RedOccupiedMs += occupiedMs;
            }
        }

        /// <summary>
        /// States only go on until the next begin green: green, yellow, red, past the barrier.
        /// </summary>
        public void Enter(byte state) => State = Math.Max(State, state);
    }

    private struct Sums
    {
        public long BinStartMs;
        public long GreenMs;
        public double GreenOccupancy;
        public double RedOccupancy;
        public int Cycles;
        public int Failures;
    }
}
