using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// What became of the plans that neighbouring districts sent: Accepted and the refusals add up to Received.
/// </summary>
public struct OutflowCounters
{
    public long Received;
    public long Accepted;
    /// <summary>
    /// Refused: no intersection of another district whose plan is read here, or lanes that are not its.
    /// </summary>
    public long Unknown;
    /// <summary>Refused: no whole records, or flows missing that are read here.</summary>
    public long Malformed;
    /// <summary>Refused: the plan is over, or one as new is known.</summary>
    public long TooOld;
    /// <summary>Refused: made more than 5 s ahead of this brain's clock, or before its first tick.</summary>
    public long TooEarly;

    public readonly void AddTo(ref Digest digest)
    {
        digest.Add(Received);
        digest.Add(Accepted);
        digest.Add(Unknown);
        digest.Add(Malformed);
        digest.Add(TooOld);
        digest.Add(TooEarly);
    }
}

/// <summary>
/// What the planning of one district tells its neighbours and hears from them. Within a district
/// intersections read each other's memories; across its border the same numbers travel as events. A plan that
/// was heard lies in the memory of the intersection that made it, as if it had been planned here, until it is
/// over; then the neighbour counts as silent.
/// </summary>
public sealed class PlanExchange
{
    /// <summary>Clocks of two brains differ by no more than this, milliseconds.</summary>
    private const int MostAheadMs = 5_000;

    private readonly PlannerSettings _settings;
    private readonly JunctionModel[] _junctions;
    private readonly JunctionMemory[] _memories;
    private readonly SharedFlow[][] _told, _read;
    private readonly int[] _telling, _hearing, _unitOf;
    private readonly byte[] _record;
    private OutflowCounters _counters;

    /// <param name="city">The city.</param>
    /// <param name="settings">Of the planning.</param>
    /// <param name="junctions">By unit.</param>
    /// <param name="reaches">By unit.</param>
    /// <param name="memories">By unit; those of neighbours are written here.</param>
    /// <param name="unitOf">The unit of each intersection.</param>
    /// <param name="district">The district served, dense index.</param>
    public PlanExchange(City city, PlannerSettings settings, JunctionModel[] junctions, ApproachReach[] reaches,
        JunctionMemory[] memories, int[] unitOf, int district)
    {
        _unitOf = unitOf;
        _settings = settings;
        _junctions = junctions;
        _memories = memories;
        SharedFlow[] across = [.. junctions.SelectMany((j, i) => PlanBorder.Reads(city, i, j, reaches[i], unitOf))
            .Where(f => DistrictOf(f.Reader) != DistrictOf(f.Owner))
            .Where(f => !FlowOf(f.Owner, f.Lane, f.Place).IsEmpty)];
        _told = Group(across.Where(f => DistrictOf(f.Owner) == district));
        _read = Group(across.Where(f => DistrictOf(f.Reader) == district));
        _telling = [.. Enumerable.Range(0, junctions.Length).Where(i => _told[i].Length > 0)];
        _hearing = [.. Enumerable.Range(0, junctions.Length).Where(i => _read[i].Length > 0)];
        Neighbours = [.. _hearing.Select(Speaker)];
        foreach (int i in _hearing) memories[i].IsNeighbours = true;
        MostBytes = _telling.Sum(i => _told[i].Length) * PlannedFlow.Size;
        _record = new byte[_telling.Select(i => _told[i].Length).DefaultIfEmpty(0).Max() * PlannedFlow.Size];

        SharedFlow[][] Group(IEnumerable<SharedFlow> flows)
        {
            ILookup<int, SharedFlow> byOwner = flows.ToLookup(f => f.Owner, f => f with { Reader = -1 });
            return [.. Enumerable.Range(0, junctions.Length)
                .Select(i => byOwner[i].Distinct().Take(PlannedFlow.MostFlows).ToArray())];
        }
    }

    /// <summary>
    /// Intersections of other districts whose plans are read here, by dense index. For those that are planned as one
    /// their first one speaks.
    /// </summary>
    public int[] Neighbours { get; }
    /// <summary>Intersections that tell, and bytes of side data, in one tick at most.</summary>
    public int MostEvents => _telling.Length;
    public int MostBytes { get; }
    public OutflowCounters Counters => _counters;

    /// <summary>Takes what a neighbour plans, whole or not at all.</summary>
    public void Hear(in CityEvent e, ReadOnlySpan<byte> extra, long nowMs)
    {
        _counters.Received++;
        int unit = (uint)e.Index < (uint)_unitOf.Length ? _unitOf[e.Index] : -1;
        if (unit < 0 || Speaker(unit) != e.Index || _read[unit].Length == 0) _counters.Unknown++;
        else if (!PlannedFlow.AreValid(extra)) _counters.Malformed++;
        else if (!OwnsAll(unit, extra)) _counters.Unknown++;
        else if (!HoldsAll(unit, extra)) _counters.Malformed++;
        else if (e.TimeMs > nowMs + MostAheadMs) _counters.TooEarly++;
        else if (e.TimeMs <= Math.Max(-1, _memories[unit].PlanMs) || IsOver(e.TimeMs, nowMs)) _counters.TooOld++;
        else
        {
            Adopt(unit, extra);
            _memories[unit].PlanMs = e.TimeMs;
            _counters.Accepted++;
        }
    }

    /// <summary>
    /// Forgets plans that are over, so that their intersections count as silent. Before the decisions of a
    /// tick.
    /// </summary>
    public void Forget(long nowMs)
    {
        foreach (int i in _hearing)
        {
            long planMs = _memories[i].PlanMs;
            if (planMs != long.MinValue && IsOver(planMs, nowMs)) _memories[i].Silence();
        }
    }

    /// <summary>
    /// Adds an event for each plan made at this instant that another district reads. After the decisions of a
    /// tick.
    /// </summary>
    public void Tell(long nowMs, EventBatch to)
    {
        foreach (int i in _telling)
        {
            if (_memories[i].PlanMs != nowMs) continue;
            SharedFlow[] flows = _told[i];
            for (int k = 0; k < flows.Length; k++)
                PlannedFlow.Write(_record.AsSpan(k * PlannedFlow.Size), flows[k].Lane, flows[k].Place,
                    FlowOf(i, flows[k].Lane, flows[k].Place)[..^1]);
            ReadOnlySpan<byte> extra = _record.AsSpan(0, flows.Length * PlannedFlow.Size);
            to.TryAdd(new CityEvent(nowMs, Speaker(i), EventKind.Outflow, 0, (ushort)extra.Length, 0, 0, 0, 0), extra);
        }
    }

    /// <summary>Adds what the memories' own digests leave out.</summary>
    public void AddTo(ref Digest digest)
    {
        _counters.AddTo(ref digest);
        foreach (int i in _telling)
            foreach (float x in _memories[i].RowFlow) digest.Add(x);
        foreach (int i in _hearing)
            foreach (float x in _memories[i].RowFlow) digest.Add(x);
    }

    private int DistrictOf(int unit) => _junctions[unit].Unit.Members[0].District;

    private int Speaker(int unit) => _junctions[unit].Unit.Members[0].Index;

    private bool IsOver(long planMs, long nowMs) => nowMs - planMs > _settings.HorizonS * 1000L;

    private bool OwnsAll(int owner, ReadOnlySpan<byte> extra)
    {
        for (int k = 0; k < extra.Length / PlannedFlow.Size; k++)
        {
            PlannedFlow flow = PlannedFlow.Of(extra, k);
            if (FlowOf(owner, flow.Lane, flow.Place).IsEmpty) return false;
        }
        return true;
    }

    private bool HoldsAll(int owner, ReadOnlySpan<byte> extra)
    {
        foreach (SharedFlow wanted in _read[owner])
        {
            bool there = false;
            for (int k = 0; k < extra.Length / PlannedFlow.Size && !there; k++)
            {
                PlannedFlow flow = PlannedFlow.Of(extra, k);
                there = flow.Lane == wanted.Lane && flow.Place == wanted.Place;
            }
            if (!there) return false;
        }
        return true;
    }

    private void Adopt(int owner, ReadOnlySpan<byte> extra)
    {
        for (int k = 0; k < extra.Length / PlannedFlow.Size; k++)
        {
            PlannedFlow flow = PlannedFlow.Of(extra, k);
            Span<float> to = FlowOf(owner, flow.Lane, flow.Place);
            for (int t = 0; t < to.Length; t++) to[t] = flow[t];
        }
    }

    /// <summary>
    /// Where the memory of an intersection keeps a flow, horizon + 1 seconds; empty where it has no such
    /// flow.
    /// </summary>
    private Span<float> FlowOf(int owner, int lane, PlannedPlace place)
    {
        bool exit = place == PlannedPlace.Exit;
        int at = exit
            ? Array.IndexOf(_junctions[owner].ExitLane, lane)
            : Array.IndexOf(_junctions[owner].Lane, lane, 0, _junctions[owner].LaneRows);
        int stride = _settings.HorizonS + 1;
        float[] flows = exit ? _memories[owner].ExitFlow : _memories[owner].RowFlow;
        return at < 0 ? default : flows.AsSpan(at * stride, stride);
    }
}
