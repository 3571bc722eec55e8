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
    private readonly JunctionModel[] _junctions;
    private readonly JunctionMemory[] _memories;
    private readonly FlowObserver _flows;
    private readonly SceneBuilder _builder;
    private readonly PlanScene _scene;
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
        _junctions = [.. city.Intersections.Select(i => new JunctionModel(city, i))];
        _memories = [.. _junctions.Select(j => new JunctionMemory(j, _settings.HorizonS))];
        ApproachReach[] reaches = [.. _junctions.Select(j => new ApproachReach(city, j, _settings))];
        if (district >= 0 && Array.Exists(city.Intersections, i => i.District != district))
            Exchange = new PlanExchange(city, _settings, _junctions, reaches, _memories, district);
        _flows = new FlowObserver(city, _settings, _junctions, reaches, _memories);
        _builder = new SceneBuilder(city, _settings, _junctions, reaches, _memories, _flows);
        int width = _junctions.Select(j => j.Width).Append(16).Max();
        int stages = Math.Max(1, city.MaxStages);
        int change = _junctions.Select(j => j.ChangeS.DefaultIfEmpty(0).Max()).DefaultIfEmpty(0).Max();
        _scene = new PlanScene(width, stages, _settings.HorizonS);
        _search = new StageSearch(_settings, width, stages, change);
        _outflow = new PlanOutflow(_settings, width, stages, change);
        _pressure = new MaxPressurePolicy(city, PolicyOptions.Default);
        _actuated = new ActuatedPolicy(city, PolicyOptions.Default);
    }

    public string Name => "predictive";

    public PlanExchange? Exchange { get; }

    public int Choose(in IntersectionView view, ref DecisionReason reason)
    {
        int i = view.Intersection.Index, stage = view.Signal.Stage;
        _flows.Observe(i, view.Traffic, view.Signal, view.NowMs);
        float seen = _flows.SeenShare(i, view.Traffic, view.NowMs);
        if (seen < PressureFrom) return _actuated.Choose(view, ref reason);
        if (seen < PlansFrom) return _pressure.Choose(view, ref reason);
        reason.Rule = Rule.Plan;
        reason.Asked = (short)stage;
        if (view.Signal.Changing || !view.Signal.MayChange) return stage;
        _builder.Build(i, view.Traffic, view.NowMs, _scene);
        int age = (int)Math.Clamp((view.NowMs - view.Signal.StageSinceMs) / 1000, 0, 1000);
        _search.Plan(_junctions[i], _scene, stage, age);
        _outflow.Project(_junctions[i], _memories[i], _scene, _search, stage, age, view.NowMs);
        int asked = _search.BestSwitchS == 0 ? _search.BestNextStage : stage;
        Explain(i, asked, ref reason);
        return asked;
    }

    private void Explain(int i, int asked, ref DecisionReason reason)
    {
        JunctionModel junction = _junctions[i];
        int row = _builder.LongestWaitRow;
        reason.Asked = (short)asked;
        reason.Score = _search.BestLoss;
        reason.Sequence = _search.SequenceOf(_search.BestNextStage);
        reason.LongestWaitS = _builder.LongestWaitS;
        reason.LongestWaitGroup = (short)(row < 0 ? -1 : junction.Links[row][0].Group);
        for (int r = 0; r < junction.LaneRows; r++)
        {
            if (_scene.Rate[asked * _scene.Width + r] <= 0) continue;
            reason.QueueVehicles += _scene.Old[r];
            reason.ArrivalsVehicles += _scene.ArrivalsOf(r);
        }
        for (int s = 0; s < junction.Stages; s++)
            if (s != _search.BestNextStage && !float.IsPositiveInfinity(_search.GapOf(s)))
                reason.Reject(s, _search.BestLoss + _search.GapOf(s), _search.SequenceOf(s));
    }

    public void AddTo(ref Digest digest)
    {
        foreach (JunctionMemory memory in _memories) memory.AddTo(ref digest);
        _flows.AddTo(ref digest);
        Exchange?.AddTo(ref digest);
        _pressure.AddTo(ref digest);
        _actuated.AddTo(ref digest);
    }
}
