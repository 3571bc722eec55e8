using CityBrain.Model;
using CityBrain.SignalControl.Actuated;
using CityBrain.SignalControl.MaxPressure;
using CityBrain.SignalControl.Planning;

namespace CityBrain.SignalControl.Predictive;

/// <summary>
/// Looks ahead: every second it prices sequences of stages over the next 80 s on a model of the queues, and asks for
/// the first step of the best one. A lane that no sensor shows is planned by its usual flow; where most lanes are
/// unseen it leaves the choice to max pressure, where nearly all are to vehicle actuation, and the reason says so.
/// </summary>
public sealed class PredictivePolicy : ISignalPolicy
{
    /// <summary>Share of an intersection's lanes that must be seen to plan, and to go by pressure.</summary>
    public const float PlansFrom = 0.5f, PressureFrom = 0.25f;

    private readonly PlannerSettings _settings;
    private readonly int[] _unitOf;
    private readonly JunctionModel[] _junctions;
    private readonly JointDecision?[] _joint;
    private readonly JunctionMemory[] _memories;
    private readonly FlowObserver _flows;
    private readonly SceneBuilder _builder;
    private readonly PerimeterControl _perimeter;
    private readonly PlanScene _scene;
    private readonly float[] _arrivals;
    private readonly StageSearch _search;
    private readonly PlanOutflow _outflow;
    private readonly MaxPressurePolicy _pressure;
    private readonly ActuatedPolicy _actuated;

    /// <param name="city">The city.</param>
    /// <param name="settings">What is assumed; null for the usual.</param>
    /// <param name="district">District served, dense index; -1 for the whole city.</param>
    public PredictivePolicy(City city, PlannerSettings? settings = null, int district = -1)
    {
        _settings = settings ?? PlannerSettings.Default;
        PlanUnit[] units = PlanUnit.Divide(city, _settings);
        _unitOf = PlanUnit.Of(city, units);
        _junctions = [.. units.Select(u => new JunctionModel(city, u))];
        _joint = [.. units.Select(u => u.Members.Length > 1 ? new JointDecision(u) : null)];
        _memories = [.. _junctions.Select(j => new JunctionMemory(j, _settings.HorizonS))];
        ApproachReach[] reaches = [.. _junctions.Select(j => new ApproachReach(city, j, _unitOf, _settings))];
        if (district >= 0 && Array.Exists(city.Intersections, i => i.District != district))
            Exchange = new PlanExchange(city, _settings, _junctions, reaches, _memories, _unitOf, district);
        _flows = new FlowObserver(city, _settings, _junctions, reaches, _memories);
        _perimeter = new PerimeterControl(city, _settings, _junctions, reaches, _flows, _unitOf, district);
        _builder = new SceneBuilder(city, _settings, _junctions, reaches, _memories, _flows, _unitOf);
        int width = _junctions.Select(j => j.Width).Append(16).Max();
        int stages = _junctions.Select(j => j.Stages).DefaultIfEmpty(1).Max();
        int change = _junctions.Select(j => j.ChangeS.DefaultIfEmpty(0).Max()).DefaultIfEmpty(0).Max();
        _arrivals = new float[width];
        _scene = new PlanScene(width, stages, _settings.HorizonS);
        int slots = reaches.Select(r => r.Slots).DefaultIfEmpty(0).Max();
        _search = new StageSearch(_settings, width, stages, change, slots);
        _outflow = new PlanOutflow(_settings, width, stages, change, slots);
        _pressure = new MaxPressurePolicy(city, PolicyOptions.Default);
        _actuated = new ActuatedPolicy(city, PolicyOptions.Default);
    }

    public string Name => "predictive";

    public PlanExchange? Exchange { get; }

    public int Choose(in IntersectionView view, ref DecisionReason reason)
    {
        int u = _unitOf[view.Intersection.Index], stage = view.Signal.Stage;
        _perimeter.Observe(view.Traffic, view.NowMs);
        if (_joint[u] is { } joint) return ChooseJointly(joint, u, view, ref reason);
        _flows.Observe(u, view.Traffic, view.Signal, view.NowMs);
        float seen = _flows.SeenShare(u, view.Traffic, view.NowMs);
        if (seen < PlansFrom) return ChooseUnseen(seen, view, ref reason);
        reason.Rule = Rule.Plan;
        reason.Asked = (short)stage;
        if (view.Signal.Changing || !view.Signal.MayChange) return stage;
        _builder.Build(u, view.Traffic, view.NowMs, _scene);
        int age = (int)Math.Clamp((view.NowMs - view.Signal.StageSinceMs) / 1000, 0, 1000);
        Plan(u, stage, age, stage, view.NowMs);
        int asked = _search.BestSwitchS == 0 ? _search.BestNextStage : stage;
        Explain(u, 0, asked, stage, ref reason);
        return asked;
    }

    private int ChooseUnseen(float seen, in IntersectionView view, ref DecisionReason reason) =>
        seen < PressureFrom ? _actuated.Choose(view, ref reason) : _pressure.Choose(view, ref reason);

    private void Plan(int u, int stage, int age, int before, long nowMs)
    {
        _scene.SumArrivals(_arrivals);
        _perimeter.Apply(u, _scene);
        _search.Plan(_junctions[u], _scene, stage, age, before);
        _outflow.Project(_junctions[u], _memories[u], _scene, _search, stage, age, before, nowMs);
    }

    /// <summary>The first member that is asked in a tick plans for all of them.</summary>
    private int ChooseJointly(JointDecision joint, int u, in IntersectionView view, ref DecisionReason reason)
    {
        if (view.Signals.IsEmpty) return _pressure.Choose(view, ref reason);
        if (joint.NowMs != view.NowMs) PlanJointly(joint, u, view);
        if (joint.SeenShare < PlansFrom) return ChooseUnseen(joint.SeenShare, view, ref reason);
        reason = joint.Reasons[joint.Unit.MemberAt(view.Intersection.Index)];
        return reason.Asked;
    }

    private void PlanJointly(JointDecision joint, int u, in IntersectionView view)
    {
        PlanUnit unit = joint.Unit;
        bool any = joint.Begin(view.Signals, view.NowMs);
        _flows.Observe(u, view.Traffic, joint.Signal, view.NowMs);
        joint.SeenShare = _flows.SeenShare(u, view.Traffic, view.NowMs);
        if (!any || joint.SeenShare < PlansFrom) return;
        _builder.Build(u, view.Traffic, view.NowMs, _scene);
        int stage = joint.Signal.Stage;
        _scene.FreeAt = joint.FreeAt;
        int before = joint.Signal.PreviousStage, change = _junctions[u].ChangeS[before * unit.Stages + stage];
        int age = (int)Math.Clamp((view.NowMs - joint.Signal.StageSinceMs) / 1000, -change, 1000);
        Plan(u, stage, age, before, view.NowMs);
        int asked = _search.BestSwitchS == 0 ? _search.BestNextStage : stage;
        for (int m = 0; m < unit.Members.Length; m++) Explain(u, m, asked, stage, ref joint.Reasons[m]);
    }

    /// <summary>Fills in the reason of a member: what of the plan is its own.</summary>
    private void Explain(int u, int m, int asked, int present, ref DecisionReason reason)
    {
        JunctionModel junction = _junctions[u];
        PlanUnit unit = junction.Unit;
        reason.Asked = (short)unit.StageOf(asked, m);
        reason.Score = _search.BestLoss;
        reason.Sequence = unit.Own(_search.SequenceOf(_search.BestNextStage), present, m);
        reason.LongestWaitGroup = -1;
        for (int r = 0; r < junction.LaneRows; r++)
        {
            int group = junction.Links[r][0].Group;
            if (unit.MemberOf(group) != m) continue;
            if (_perimeter.Holds(u, r))
                (reason.AreaFill, reason.EntryHeld) = (_perimeter.FillOf(u), _perimeter.HeldOf(u));
            if (_builder.LongestWaitS(r) > reason.LongestWaitS)
            {
                reason.LongestWaitS = _builder.LongestWaitS(r);
                reason.LongestWaitGroup = (short)(group - unit.FirstGroup[m]);
            }
            if (_scene.Rate[asked * _scene.Width + r] <= 0) continue;
            reason.QueueVehicles += _scene.Old[r];
            reason.ArrivalsVehicles += _arrivals[r];
        }
        for (int own = 0; own < unit.Members[m].Stages.Length; own++) Reject(u, m, own, present, ref reason);
    }

    /// <summary>Notes the best plan, if it was rejected, of those that leave for this stage of the member first.</summary>
    private void Reject(int u, int m, int own, int present, ref DecisionReason reason)
    {
        PlanUnit unit = _junctions[u].Unit;
        int best = -1;
        for (int s = 0; s < unit.Stages; s++)
            if (unit.StageOf(s, m) == own && (best < 0 || _search.GapOf(s) < _search.GapOf(best))) best = s;
        if (best == _search.BestNextStage || float.IsPositiveInfinity(_search.GapOf(best))) return;
        if (unit.StageOf(_search.BestNextStage, m) == own) return;
        reason.Reject(own, _search.BestLoss + _search.GapOf(best), unit.Own(_search.SequenceOf(best), present, m));
    }

    public void AddTo(ref Digest digest)
    {
        foreach (JunctionMemory memory in _memories) memory.AddTo(ref digest);
        foreach (JointDecision? joint in _joint) joint?.AddTo(ref digest);
        _flows.AddTo(ref digest);
        _perimeter.AddTo(ref digest);
        Exchange?.AddTo(ref digest);
        _pressure.AddTo(ref digest);
        _actuated.AddTo(ref digest);
    }
}
