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
    private readonly ApproachDemand _demand;
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
        _demand = new ApproachDemand(city, settings, junctions, reaches, memories, flows);
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
            _demand.Build(i, r, traffic, nowMs, scene);
            KeepShares(i, r);
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

    private void KeepShares(int i, int row)
    {
        InnerLink[] inner = _reaches[i].Inner;
        for (int n = 0; n < inner.Length; n++)
            if (inner[n].Row == row) _innerShare[n] = _demand.Share(inner[n].Piece);
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
            int exit = _junctions[inlet.From].ExitAt(inlet.ExitLane);
            if (exit >= 0) held += _memories[inlet.From].HeldUp[exit] * _demand.Share(inlet.Piece);
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
