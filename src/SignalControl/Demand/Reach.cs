using CityBrain.Model;

namespace CityBrain.SignalControl.Demand;

/// <summary>One lane from which vehicles run towards a stop line.</summary>
/// <param name="Lane">The lane, the stop-line lane itself included.</param>
/// <param name="OffsetM">Metres from this lane's downstream end to the stop line.</param>
/// <param name="Share">
/// Share of the lane's vehicles that comes to this stop line as far as the network alone tells: one over the number
/// of branches at every fork on the way. Turning shares at a signal crossed are not in it.
/// </param>
/// <param name="Signal">The nearest signalled intersection between this lane and the stop line, or -1.</param>
/// <param name="Crosses">The movement (global index) by which vehicles cross that intersection, or -1.</param>
public readonly record struct ReachLane(int Lane, float OffsetM, float Share, int Signal, int Crosses);

/// <summary>
/// For each stop-line lane, the lanes upstream of it up to a distance, followed through junctions without signals and,
/// on request, through one junction with signals: approaches are often cut into pieces of a few metres. Made once per
/// city; asking allocates nothing.
/// </summary>
public sealed class Reach
{
    /// <summary>How far a camera or radar sees at most, metres from the stop line.</summary>
    public const float SensorReachM = 200;

    // A guard against networks whose short pieces fork and join over and over.
    private const int MostStepsPerLane = 4096;

    private readonly ReachLane[][] _byLane;

    /// <summary>Follows every approach of the city.</summary>
    /// <param name="city">The city.</param>
    /// <param name="reachM">Lanes that begin to be seen farther than this from the stop line are left out.</param>
    /// <param name="throughSignals">Also what lies behind the nearest signal upstream.</param>
    public Reach(City city, float reachM = SensorReachM, bool throughSignals = false)
    {
        _byLane = new ReachLane[city.Lanes.Length][];
        for (int lane = 0; lane < _byLane.Length; lane++)
        {
            bool stopLine = city.Lanes[lane].Intersection >= 0;
            _byLane[lane] = stopLine ? new Walk(city, reachM, throughSignals).From(lane) : [];
        }
    }

    /// <summary>Lanes that lead to a stop-line lane, itself first, then nearest first; empty for other lanes.</summary>
    public ReadOnlySpan<ReachLane> Of(int stopLineLane) => _byLane[stopLineLane];

    /// <summary>One walk upstream, depth first; a lane met twice keeps its shortest way and adds its shares.</summary>
    private sealed class Walk(City city, float reachM, bool throughSignals)
    {
        private readonly Dictionary<(int Lane, int Crosses), ReachLane> _found = [];
        private readonly HashSet<int> _onPath = [];
        private int _steps;

        public ReachLane[] From(int lane)
        {
            Visit(new ReachLane(lane, 0, 1, -1, -1));
            return [.. _found.Values.OrderBy(r => r.OffsetM).ThenBy(r => r.Lane).ThenBy(r => r.Signal)];
        }

        private void Visit(ReachLane at)
        {
            if (++_steps > MostStepsPerLane || !_onPath.Add(at.Lane)) return;
            Add(at);
            Lane lane = city.Lanes[at.Lane];
            float offset = at.OffsetM + (float)lane.Length.Value;
            if (offset < reachM)
                foreach (int up in lane.Upstream) Step(at, lane, up, offset);
            _onPath.Remove(at.Lane);
        }

        private void Step(ReachLane at, Lane lane, int up, float offset)
        {
            Lane upstream = city.Lanes[up];
            if (upstream.OnFoot) return;
            if (upstream.Intersection < 0)
            {
                int wheels = upstream.Downstream.Count(d => !city.Lanes[d].OnFoot);
                float share = at.Share / Math.Max(1, wheels);
                Visit(at with { Lane = up, OffsetM = offset, Share = share });
                return;
            }
            if (!throughSignals || at.Signal >= 0) return;
            int crosses = Crossing(upstream, lane);
            Visit(new ReachLane(up, offset, at.Share, upstream.Intersection, crosses));
        }

        /// <summary>The movement from a stop-line lane that leads over or onto the given lane.</summary>
        private int Crossing(Lane upstream, Lane onto)
        {
            foreach (int m in upstream.Movements)
                if (city.Movements[m].To == onto.Index || city.Movements[m].Via.Contains(onto.Index)) return m;
            return -1;
        }

        private void Add(ReachLane at)
        {
            (int, int) key = (at.Lane, at.Crosses);
            if (_found.TryGetValue(key, out ReachLane old))
                at = at with { Share = Math.Min(1, old.Share + at.Share), OffsetM = Math.Min(old.OffsetM, at.OffsetM) };
            _found[key] = at;
        }
    }
}
