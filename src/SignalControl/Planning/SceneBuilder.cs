using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>Turns what the sensors show into the scene that plans are priced on.</summary>
public sealed class SceneBuilder
{
    private readonly City _city;
    private readonly PlannerSettings _settings;
    private readonly JunctionModel[] _junctions;
    private readonly ApproachReach[] _reaches;
    private readonly JunctionMemory[] _memories;
    private readonly FlowObserver _flows;
    private readonly float[] _share;
    private readonly float[] _longestS;
    private readonly float[] _innerShare;
    private readonly ExitRoom _exits;
    private readonly BoxQueues _box;

    public SceneBuilder(City city, PlannerSettings settings, JunctionModel[] junctions, ApproachReach[] reaches,
        JunctionMemory[] memories, FlowObserver flows, int[] unitOf)
    {
        _city = city;
        _settings = settings;
        _junctions = junctions;
        _reaches = reaches;
        _memories = memories;
        _flows = flows;
        _share = new float[64];
        _longestS = new float[junctions.Select(j => j.Width).DefaultIfEmpty(0).Max()];
        _innerShare = new float[reaches.Select(r => r.Inner.Length).DefaultIfEmpty(0).Max()];
        _exits = new ExitRoom(city, settings, junctions, reaches, memories, unitOf);
        _box = new BoxQueues(city, settings, junctions, memories);
    }

    /// <summary>Longest wait of a row's vehicles in the last scene, seconds.</summary>
    public float LongestWaitS(int row) => _longestS[row];

    public void Build(int i, TrafficState traffic, long nowMs, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        scene.Begin(junction.Width, junction.Stages);
        for (int r = 0; r < junction.LaneRows; r++)
        {
            Shares(i, r);
            Vehicles(i, r, traffic, nowMs, scene);
            if (_flows.Seen(traffic, junction.Lane[r], nowMs)) FromNeighbours(i, r, nowMs, scene);
            scene.OldExtra[r] = _memories[i].ExtraWeight(r, nowMs, _settings.WaitDoublesS, out _longestS[r])
                + HoldsUp(i, r, scene.Old[r], nowMs);
        }
        for (int r = junction.LaneRows; r < junction.FirstBoxRow; r++) Walkers(i, r, traffic, nowMs, scene);
        for (int s = 0; s < junction.Stages; s++)
            for (int r = 0; r < junction.FirstBoxRow; r++) Rates(i, s, r, scene);
        _box.Build(i, traffic, nowMs, scene);
        Inner(i, scene);
        scene.MaySee = _reaches[i].MaySee;
        _exits.Limit(i, traffic, nowMs, scene);
        scene.BuildCaps(_settings);
    }

    private void Shares(int i, int row)
    {
        ReachPiece[] pieces = _reaches[i].Pieces[row];
        _share[0] = 1;
        for (int p = 1; p < pieces.Length; p++)
        {
            float share = 1;
            if (pieces[p].Fork >= 0)
            {
                int[] ways = _reaches[i].Forks[pieces[p].Fork];
                float sum = 0;
                bool unseen = false;
                foreach (int lane in ways)
                {
                    sum += _flows.LaneFlow(lane) + 0.003f;
                    unseen |= !_flows.HasCamera(lane);
                }
                if (unseen) sum = Math.Max(sum, _flows.LaneFlow(pieces[p].Lane));
                share = (_flows.LaneFlow(ways[0]) + 0.003f) / sum;
            }
            _share[p] = _share[pieces[p].Next] * share;
        }
        InnerLink[] inner = _reaches[i].Inner;
        for (int n = 0; n < inner.Length; n++)
            if (inner[n].Row == row) _innerShare[n] = _share[inner[n].Piece];
    }

    private void Vehicles(int i, int row, TrafficState traffic, long nowMs, PlanScene scene)
    {
        ReachPiece[] pieces = _reaches[i].Pieces[row];
        if (!_flows.Seen(traffic, pieces[0].Lane, nowMs))
        {
            scene.Old[row] = _memories[i].Unseen[row];
            float usual = Math.Max(_memories[i].Flow[row], _settings.LeastFlow);
            for (int t = 0; t <= scene.HorizonS; t++) scene.Arrivals[t * scene.Width + row] += usual;
            return;
        }
        float ahead = _flows.StandsUnseen(traffic, pieces[0].Lane, nowMs) ? 1 : 0;
        scene.Old[row] += ahead;
        for (int p = 0; p < pieces.Length; p++)
        {
            float share = _share[p];
            if (share < 0.02f) continue;
            int lane = pieces[p].Lane;
            float free = (float)_city.Lanes[lane].Limit.MetresPerSecond;
            float late = Math.Clamp((nowMs - traffic.Lanes[lane].SeenMs) * 0.001f, 0f, 3f);
            foreach (VehicleSighting v in traffic.SightingsOf(lane))
            {
                float speed = v.SpeedMps, onLane = Math.Max(0f, v.DistanceM - speed * late);
                float distance = pieces[p].OffsetM + onLane;
                if (distance > _settings.ReachM) continue;
                bool queued = speed < _settings.QueueSpeedMps && distance < 15f + 1.5f * _settings.JamSpacingM * (ahead + 1);
                if (queued) scene.Old[row] += share;
                else scene.AddArrival(row, pieces[p].OffsetS + TravelS(onLane, speed, free), share);
                ahead += share;
            }
        }
    }

    /// <summary>Seconds over a distance when speeding up from a speed to the free speed.</summary>
    private float TravelS(float distance, float speed, float free)
    {
        float a = _settings.AccelerationMps2;
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
        Inlet[] inlets = _reaches[i].Inlets[row];
        int h = scene.HorizonS, silent = 0;
        foreach (Inlet inlet in inlets)
        {
            JunctionMemory from = _memories[inlet.From];
            if (from.PlanMs == long.MinValue)
            {
                if (from.IsNeighbours) silent++;
                continue;
            }
            int exit = ExitOf(inlet);
            if (exit < 0) continue;
            float share = _share[inlet.Piece];
            int past = (int)((nowMs - from.PlanMs) / 1000), travel = (int)(inlet.TravelS + 1.5f);
            ReadOnlySpan<float> flow = from.ExitFlow.AsSpan(exit * (h + 1), h);
            for (int k = Math.Max(past, 0); k < h && k - past + travel <= h; k++)
                scene.Arrivals[(k - past + travel) * scene.Width + row] += flow[k] * share;
        }
        if (inlets.Length > silent || _reaches[i].IsFed[row]) return;
        float usual = _memories[i].Flow[row];
        for (int t = (int)_reaches[i].SeenToS[row] + 1; t <= h; t++) scene.Arrivals[t * scene.Width + row] += usual;
    }

    /// <summary>What leaves rows for others of the same unit.</summary>
    private void Inner(int i, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        InnerLink[] inner = _reaches[i].Inner;
        scene.SetInner(_reaches[i].InnerRows, _reaches[i].Slots);
        for (int n = 0; n < inner.Length; n++)
            for (int s = 0; s < junction.Stages; s++)
                for (int r = 0; r < junction.LaneRows; r++)
                {
                    if (scene.Rate[s * scene.Width + r] <= 0) continue;
                    float share = _innerShare[n] * _memories[i].ShareInto(junction, s, r, inner[n].Exit);
                    if (share > ExitRoom.LeastShare) scene.AddTransfer(s, new Transfer(r, inner[n].Inner, share));
                }
    }

    /// <summary>The neighbour's exit that an inlet comes from; -1 where it has none such.</summary>
    private int ExitOf(in Inlet inlet) => Array.IndexOf(_junctions[inlet.From].ExitLane, inlet.ExitLane);

    /// <summary>Vehicles that share those held up, at least.</summary>
    private const float FewestSharing = 3;

    /// <summary>
    /// What a vehicle of a row weighs more because its queue fills the link behind it, and others wait at the neighbour
    /// for room.
    /// </summary>
    private float HoldsUp(int i, int row, float queued, long nowMs)
    {
        float held = 0;
        foreach (Inlet inlet in _reaches[i].Inlets[row])
        {
            if (nowMs - _memories[inlet.From].PlanMs > _settings.HorizonS * 1000L) continue;
            int exit = ExitOf(inlet);
            if (exit >= 0) held += _memories[inlet.From].HeldUp[exit] * _share[inlet.Piece];
        }
        return Math.Min(_settings.MostHeldUpWeight, _settings.HeldUpWeight * held / Math.Max(FewestSharing, queued));
    }

    private void Walkers(int i, int row, TrafficState traffic, long nowMs, PlanScene scene)
    {
        PlanUnit unit = _junctions[i].Unit;
        int group = _junctions[i].WalkGroup[row], member = unit.MemberOf(group);
        long since = traffic.Group(unit.Members[member].Index, group - unit.FirstGroup[member]).CallSinceMs;
        if (since < 0) return;
        float waited = (nowMs - since) * 0.001f;
        scene.Old[row] = 1;
        scene.OldExtra[row] = waited / _settings.WaitDoublesS;
    }

    /// <summary>
    /// Saturation headways that a turn on red takes beyond the first: it waits for a gap in the usual flow of those that
    /// have green.
    /// </summary>
    private float OnRedRatio(int i, int stage, RowLink link)
    {
        float q = 0;
        foreach ((int row, int k) in link.Opposing)
            if (_junctions[i].AspectOf(stage, _junctions[i].Links[row][k]).IsGreen())
                q += _memories[i].Flow[row] * _memories[i].Share[row][k];
        return _settings.OnRedHeadwayS / _settings.HeadwayS * (1f + 3.6f * q + 16f * q * q) - 1f;
    }

    /// <summary>Belief that the first vehicle would go, after it did not for so many seconds of green.</summary>
    private float Goes(float refusedS) => 1f / (1f + _settings.RefusalWeight * Math.Max(0f, refusedS - 1f));

    /// <summary>How fast a stage empties a row: full, shared with vehicles that may not go, or giving way.</summary>
    private void Rates(int i, int stage, int row, PlanScene scene)
    {
        JunctionModel junction = _junctions[i];
        RowLink[] links = junction.Links[row];
        if (row >= junction.LaneRows)
        {
            if (junction.AspectOf(stage, links[0]).IsGreen()) scene.Rate[stage * scene.Width + row] = 10;
            return;
        }
        float[] share = _memories[i].Share[row];
        float[] refused = _memories[i].Refused[row];
        float open = 0, yields = 0, slower = 0, all = 0, believed = 0;
        int first = scene.NextOpposing(stage);
        for (int k = 0; k < links.Length; k++)
        {
            Aspect aspect = junction.AspectOf(stage, links[k]);
            if (aspect is not (Aspect.Green or Aspect.GreenYield or Aspect.StopThenGo)) continue;
            float goes = share[k] * Goes(refused[k]);
            open += goes;
            if (aspect == Aspect.StopThenGo) slower += goes * OnRedRatio(i, stage, links[k]);
            if (aspect != Aspect.GreenYield) continue;
            yields += goes;
            foreach ((int oppRow, int oppLink) in links[k].Opposing)
                if (junction.AspectOf(stage, junction.Links[oppRow][oppLink]) == Aspect.Green)
                    scene.AddOpposing(stage, new OpposingFlow(oppRow, _memories[i].Share[oppRow][oppLink]));
        }
        if (open < 0.02f) return;
        for (int k = 0; k < links.Length; k++)
        {
            all += share[k];
            believed += share[k] * Goes(refused[k]);
        }
        float closed = open < 0.97f * believed ? open / believed : 1f;
        float moves = believed < all ? 1.5f * believed / (believed + 0.5f) : 1f;
        scene.Rate[stage * scene.Width + row] = closed * moves / (_settings.HeadwayS * (1 + slower / open));
        scene.Decay[stage * scene.Width + row] = closed < 1f ? MathF.Sqrt(closed) : 1f;
        if (yields < 0.02f) return;
        float give = yields / open;
        scene.AddYielding(stage, new YieldingRow(row, 1 - give, give,
            _settings.PermissiveHeadwayS / (_settings.HeadwayS * _memories[i].YieldFactor(row)), first, scene.NextOpposing(stage)));
    }
}
