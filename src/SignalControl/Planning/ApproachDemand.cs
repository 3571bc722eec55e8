using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Who comes to a stop line, and when: the vehicles that sensors show on the way there, and what neighbours plan to
/// send. Vehicles count on the lane by whose end they will leave (<see cref="LaneChanges"/>).
/// </summary>
public sealed class ApproachDemand(City city, PlannerSettings settings, JunctionModel[] junctions,
    ApproachReach[] reaches, JunctionMemory[] memories, FlowObserver flows)
{
    /// <summary>A piece of road of which fewer come is left out.</summary>
    private const float LeastShare = 0.02f;
    /// <summary>Flow that every way at a fork has at least, vehicles a second.</summary>
    private const float LeastFlow = 0.003f;

    private readonly float[] _share = new float[ApproachReach.MostPieces];

    /// <summary>The share of those on a piece of the row built last that come to its stop line.</summary>
    public float Share(int piece) => _share[piece];

    /// <summary>Adds a row's queue and arrivals to the scene.</summary>
    public void Build(int i, int row, TrafficState traffic, long nowMs, PlanScene scene)
    {
        Shares(i, row);
        if (flows.Seen(traffic, junctions[i].Lane[row], nowMs))
        {
            Vehicles(i, row, traffic, nowMs, scene);
            FromNeighbours(i, row, nowMs, scene);
            return;
        }
        scene.Old[row] = memories[i].Unseen[row];
        Usual(row, Math.Max(memories[i].Flow[row], settings.LeastFlow), 0, scene);
    }

    /// <summary>
    /// The split at each fork is by measured flow; a way that no camera shows takes what the others leave.
    /// </summary>
    private void Shares(int i, int row)
    {
        ReachPiece[] pieces = reaches[i].Pieces[row];
        _share[0] = 1;
        for (int p = 1; p < pieces.Length; p++)
        {
            float share = 1;
            if (pieces[p].Fork >= 0)
            {
                int[] ways = reaches[i].Forks[pieces[p].Fork];
                float seen = 0;
                int unseen = 0;
                foreach (int lane in ways)
                    if (city.Lanes[lane].HasCamera) seen += flows.LaneFlow(lane);
                    else unseen++;
                float rest = Math.Max(0f, flows.LaneFlow(pieces[p].Lane) - seen);
                float own = city.Lanes[ways[0]].HasCamera ? flows.LaneFlow(ways[0]) : rest / unseen;
                share = (own + LeastFlow) / (seen + (unseen > 0 ? rest : 0) + ways.Length * LeastFlow);
            }
            _share[p] = _share[pieces[p].Next] * share;
        }
    }

    private void Vehicles(int i, int row, TrafficState traffic, long nowMs, PlanScene scene)
    {
        ReachPiece[] pieces = reaches[i].Pieces[row];
        float ahead = flows.StandsUnseen(traffic, pieces[0].Lane, nowMs) ? 1 : 0;
        scene.Old[row] += ahead;
        for (int p = 0; p < pieces.Length; p++)
        {
            float share = _share[p];
            if (share < LeastShare) continue;
            int lane = pieces[p].Lane;
            float late = LateS(lane, traffic, nowMs);
            foreach (VehicleSighting v in traffic.SightingsOf(lane))
            {
                float distance = pieces[p].OffsetM + Math.Max(0f, v.DistanceM - v.SpeedMps * late);
                if (distance > settings.ReachM) continue;
                bool moves = v.SpeedMps >= settings.QueueSpeedMps;
                float leaves = moves ? flows.LeavesBy(lane, lane, v.DistanceM) : 1;
                if (!moves && distance < 15f + 1.5f * settings.JamSpacingM * (ahead + 1)) scene.Old[row] += share;
                else Arrives(row, pieces[p], v, late, share * leaves, scene);
                ahead += share;
            }
            foreach (int beside in city.Lanes[lane].Beside) FromBeside(row, pieces[p], share, beside, traffic, nowMs, scene);
        }
    }

    /// <summary>Those on a lane beside a piece who will change to it; whoever stands counts where he stands.</summary>
    private void FromBeside(
        int row, in ReachPiece piece, float share, int beside, TrafficState traffic, long nowMs, PlanScene scene)
    {
        if (city.Lanes[beside].OnFoot || !flows.Seen(traffic, beside, nowMs)) return;
        float late = LateS(beside, traffic, nowMs);
        foreach (VehicleSighting v in traffic.SightingsOf(beside))
        {
            float distance = piece.OffsetM + Math.Max(0f, v.DistanceM - v.SpeedMps * late);
            if (v.SpeedMps < settings.QueueSpeedMps || distance > settings.ReachM) continue;
            float changes = flows.LeavesBy(beside, piece.Lane, v.DistanceM);
            if (changes > 0) Arrives(row, piece, v, late, share * changes, scene);
        }
    }

    /// <summary>Seconds since a lane's picture; no vehicle is moved on by more than three.</summary>
    private static float LateS(int lane, TrafficState traffic, long nowMs) =>
        Math.Clamp((nowMs - traffic.Lanes[lane].SeenMs) * 0.001f, 0f, 3f);

    private void Arrives(
        int row, in ReachPiece piece, in VehicleSighting v, float late, float vehicles, PlanScene scene)
    {
        float onLane = Math.Max(0f, v.DistanceM - v.SpeedMps * late);
        float free = (float)city.Lanes[piece.Lane].Limit.MetresPerSecond;
        scene.AddArrival(row, piece.OffsetS + TravelS(onLane, v.SpeedMps, free), vehicles);
    }

    /// <summary>Seconds over a distance when speeding up from a speed to the free speed.</summary>
    private float TravelS(float distance, float speed, float free)
    {
        float a = settings.AccelerationMps2;
        if (speed >= free) return distance / free;
        float to = (free * free - speed * speed) / (2 * a);
        return distance <= to
            ? (MathF.Sqrt(speed * speed + 2 * a * distance) - speed) / a
            : (free - speed) / a + (distance - to) / free;
    }

    /// <summary>
    /// What neighbours plan to send; behind the farthest sensor of an entry, its usual flow. So too where
    /// every one that sends here belongs to another district, and nothing is heard of its plans.
    /// </summary>
    private void FromNeighbours(int i, int row, long nowMs, PlanScene scene)
    {
        Inlet[] inlets = reaches[i].Inlets[row];
        int silent = 0;
        foreach (Inlet inlet in inlets)
        {
            JunctionMemory from = memories[inlet.From];
            if (from.PlanMs != long.MinValue) Sent(row, inlet, nowMs, scene);
            else if (from.IsNeighbours) silent++;
        }
        if (inlets.Length > silent || reaches[i].IsFed[row]) return;
        Usual(row, memories[i].Flow[row], (int)reaches[i].SeenToS[row] + 1, scene);
    }

    private void Sent(int row, in Inlet inlet, long nowMs, PlanScene scene)
    {
        JunctionMemory from = memories[inlet.From];
        int h = scene.HorizonS, exit = junctions[inlet.From].ExitAt(inlet.ExitLane);
        if (exit < 0) return;
        int past = (int)((nowMs - from.PlanMs) / 1000), travel = (int)(inlet.TravelS + 1.5f);
        ReadOnlySpan<float> flow = from.ExitFlow.AsSpan(exit * (h + 1), h);
        for (int k = Math.Max(past, 0); k < h && k - past + travel <= h; k++)
            scene.Arrivals[(k - past + travel) * scene.Width + row] += flow[k] * _share[inlet.Piece];
    }

    private static void Usual(int row, float flow, int fromS, PlanScene scene)
    {
        for (int t = fromS; t <= scene.HorizonS; t++) scene.Arrivals[t * scene.Width + row] += flow;
    }
}
