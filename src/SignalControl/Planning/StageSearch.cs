using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Finds the sequence of stages and durations that loses least. Partial plans are kept by the instant up to which
/// they are decided; plans of one instant are comparable (what they lost so far, plus what their queues will still
/// lose), and the best few of each stage and instant are carried on. With the beam wide enough this is the exact
/// dynamic programme of Sen and Head (COP, 1997) over free stage orders; with any beam the work is bounded.
/// </summary>
public sealed class StageSearch
{
    /// <summary>Legs that are run before the first of them is judged, at least.</summary>
    private const int LegsAtOnce = 40;

    private readonly PlannerSettings _settings;
    private readonly QueueModel _queues;
    private readonly int[] _nextInstant;
    private readonly PlanRanks _ranks;
    private readonly Node[] _nodes;
    private readonly float[] _states;
    private readonly int[] _slot;
    private readonly int[] _spare;
    private readonly int[] _parent;
    private readonly float[] _gap;
    private readonly int[] _droppedAt;
    private readonly Node[] _dropped;
    private readonly float[] _droppedRank;
    private readonly int[] _lastOfFirst;
    private readonly int[] _next;
    private readonly int[] _nextCount;
    private readonly Leg[] _legs;
    private readonly int _horizonS;
    private int _legCount;
    private int _best;
    private readonly int _stateSize;
    private JunctionModel _junction = null!;
    private bool _joint;
    private PlanScene _scene = null!;

    /// <summary>A plan up to an instant: how it got there and what it lost.</summary>
    private record struct Node
    {
        public float Lost;
        public short Stage, Before, Age, FirstStage, FirstSwitchS;
        public int Parent, SwitchS;
        /// <summary>Seconds before which each member cannot change again, a byte each; for several members only.</summary>
        public ulong FreeAt;
    }

    public StageSearch(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS, int maxSlots = 0)
    {
        _settings = settings;
        _queues = new QueueModel(settings, maxWidth, maxStages, maxChangeS);
        int h = _horizonS = settings.HorizonS;
        _nextInstant = new int[h + 1];
        for (int t = 0; t <= h; t++) _nextInstant[t] = Math.Min(h, NextInstant(t));
        _ranks = new PlanRanks(h + 1, settings.Beam, settings.BeamPerStage);
        _nodes = new Node[_ranks.Places];
        _stateSize = 2 * maxWidth + PlanScene.LimitedExits + 2 * maxSlots;
        _legs = new Leg[Math.Max(LegsAtOnce, maxStages)];
        _parent = new int[_legs.Length];
        _queues.Reserve(_legs.Length);
        _states = new float[(_nodes.Length + _legs.Length) * _stateSize];
        _slot = [.. Enumerable.Range(0, _nodes.Length).Select(n => n * _stateSize)];
        _spare = [.. Enumerable.Range(_nodes.Length, _legs.Length).Select(n => n * _stateSize)];
        _gap = new float[maxStages];
        _next = new int[maxStages * maxStages];
        _nextCount = new int[maxStages];
        _droppedAt = new int[maxStages];
        _dropped = new Node[maxStages];
        _droppedRank = new float[maxStages];
        _lastOfFirst = new int[maxStages];
    }

    /// <summary>Weighted seconds that the best plan loses.</summary>
    public float BestLoss { get; private set; }
    /// <summary>Its next stage (the present one if it never changes), and in how many seconds it changes.</summary>
    public int BestNextStage { get; private set; }
    public int BestSwitchS { get; private set; }
    /// <summary>Partial plans priced in the last search.</summary>
    public int Priced { get; private set; }

    /// <summary>
    /// How much worse the best plan is that leaves for <paramref name="stage"/> first (or, for the present stage,
    /// that stays throughout), judged where such plans were last in the running; positive infinity if never.
    /// </summary>
    public float GapOf(int stage) => _gap[stage];

    /// <summary>
    /// Plans from now, with <paramref name="stage"/> green for <paramref name="age"/> seconds; a negative age counts the
    /// seconds that are left of the change to it from the stage <paramref name="before"/> (-1: no matter which).
    /// </summary>
    public void Plan(JunctionModel junction, PlanScene scene, int stage, int age, int before = -1)
    {
        _junction = junction;
        _scene = scene;
        _joint = junction.Unit.Members.Length > 1;
        _queues.Attach(scene, junction);
        _ranks.Clear();
        Array.Fill(_droppedAt, -1);
        Priced = 0;
        int h = _settings.HorizonS;
        Follow(junction, scene);
        _queues.Begin(_states.AsSpan(_slot[0], _stateSize));
        _nodes[0] = new Node
        {
            Stage = (short)stage, Before = (short)(before < 0 ? stage : before), Age = (short)Math.Min(age, 1000),
            FirstStage = (short)stage, FirstSwitchS = (short)h, Parent = -1, SwitchS = -1, FreeAt = scene.FreeAt,
        };
        _ranks.Place(0, stage, 0, out _);
        for (int t = 0; t < h; t = _nextInstant[t])
        {
            for (int k = 0; k < _ranks.Count(t); k++) Branch(t, _ranks.First(t) + k);
            RunLegs();
        }
        Conclude();
    }

    /// <summary>The stages that may follow each other and serve somebody.</summary>
    private void Follow(JunctionModel junction, PlanScene scene)
    {
        Array.Clear(_nextCount);
        for (int s = 0; s < junction.Stages; s++)
        {
            if (!scene.MaySee[s] || !scene.Serves(s)) continue;
            for (int from = 0; from < junction.Stages; from++)
                if (from != s && junction.MayFollow[from * junction.Stages + s])
                    _next[from * junction.Stages + _nextCount[from]++] = s;
        }
    }

    private int NextInstant(int t) =>
        t < _settings.FineS ? t + 1
        : t < _settings.MediumS ? t + 2 - (t - _settings.FineS) % 2
        : t + 4 - (t - _settings.MediumS) % 4;

    /// <summary>The ways on from a plan: its stage stays, or another one follows.</summary>
    private void Branch(int t, int from)
    {
        ref readonly Node node = ref _nodes[from];
        if (_legCount + _junction.Stages > _legs.Length) RunLegs();
        _queues.Stay(ref NextLeg(from), node.Stage, node.Before, node.Age, t, _nextInstant[t]);
        if (t > _settings.LastSwitchS || _ranks[from] > _ranks.Best(t) * (1f + _settings.Hopeless)) return;
        int h = _horizonS, first = node.Stage * _junction.Stages;
        foreach (int s in _next.AsSpan(first, _nextCount[node.Stage]))
        {
            if (_joint && !_junction.Unit.AreFree(node.Stage, s, node.FreeAt, t)) continue;
            ref Leg leg = ref NextLeg(from);
            _queues.Switch(ref leg, node.Stage, s, t);
            int end = _joint ? Math.Max(leg.Green, t + 1) : leg.Green + _junction.MinGreenS[first + s];
            leg.Until(end >= h ? h : _nextInstant[end - 1]);
        }
    }

    private ref Leg NextLeg(int from)
    {
        ref Leg leg = ref _legs[_legCount];
        leg.Between(_slot[from], _spare[_legCount]);
        _parent[_legCount++] = from;
        return ref leg;
    }

    /// <summary>
    /// Runs the legs that begin in one second, all before the first is judged: what one costs decides nothing about the
    /// others, so that the processor may be at several at once.
    /// </summary>
    private void RunLegs()
    {
        Span<Leg> legs = _legs.AsSpan(0, _legCount);
        _queues.Run(_states, legs);
        for (int k = 0; k < legs.Length; k++) Keep(legs[k], _nodes[_parent[k]], _parent[k], ref _spare[k]);
        _legCount = 0;
    }

    /// <summary>
    /// Puts a plan that a leg leads to among those of its last instant, if it is good enough. It takes the slot in which
    /// its state is, and leaves the one of the plan that it takes the place of.
    /// </summary>
    private void Keep(in Leg leg, in Node parent, int from, ref int slot)
    {
        Priced++;
        int t = leg.End;
        float lost = parent.Lost + leg.Lost, rank = lost + leg.Left;
        bool stays = leg.Before == leg.Stage, first = !stays && parent.FirstSwitchS == _horizonS;
        int firstStage = first ? leg.Stage : parent.FirstStage;
        int at = _ranks.Place(t, leg.Stage, rank, out float left);
        if (at < 0)
        {
            if (!Note(t, firstStage, rank)) return;
        }
        else
        {
            if (left > float.NegativeInfinity && Note(t, _nodes[at].FirstStage, left))
                _dropped[_nodes[at].FirstStage] = _nodes[at];
            (_slot[at], slot) = (slot, _slot[at]);
        }
        ref Node node = ref at < 0 ? ref _dropped[firstStage] : ref _nodes[at];
        node.Lost = lost;
        node.Parent = from;
        node.Stage = (short)leg.Stage;
        node.FirstStage = (short)firstStage;
        node.FirstSwitchS = first ? (short)leg.Begin : parent.FirstSwitchS;
        node.Before = stays ? parent.Before : (short)leg.Before;
        node.Age = (short)(stays ? parent.Age + t - leg.Begin : t - leg.Green);
        node.SwitchS = stays ? -1 : leg.Begin;
        if (_joint)
            node.FreeAt = stays ? parent.FreeAt : _junction.Unit.FreeAt(leg.Before, leg.Stage, parent.FreeAt, leg.Green);
    }

    /// <summary>
    /// Notes the rank of a plan that drops out if it is the best of the last ones to do so that left for this stage first.
    /// </summary>
    private bool Note(int t, int firstStage, float rank)
    {
        int last = _droppedAt[firstStage];
        if (t < last || (t == last && rank >= _droppedRank[firstStage])) return false;
        (_droppedAt[firstStage], _droppedRank[firstStage]) = (t, rank);
        return true;
    }

    private void Conclude()
    {
        int h = _settings.HorizonS, first = _ranks.First(h);
        _best = first;
        for (int s = 0; s < _junction.Stages; s++)
        {
            _gap[s] = _droppedAt[s] < 0 ? float.PositiveInfinity : _droppedRank[s] - _ranks.Best(_droppedAt[s]);
            _lastOfFirst[s] = -1;
        }
        for (int k = first; k < first + _ranks.Count(h); k++)
            if (_ranks[k] < _ranks[_best]) _best = k;
        BestLoss = _ranks[_best];
        BestNextStage = _nodes[_best].FirstStage;
        BestSwitchS = _nodes[_best].FirstSwitchS;
        for (int k = first; k < first + _ranks.Count(h); k++)
        {
            int s = _nodes[k].FirstStage;
            if (_ranks[k] - BestLoss >= _gap[s]) continue;
            _gap[s] = _ranks[k] - BestLoss;
            _lastOfFirst[s] = k;
        }
    }

    /// <summary>
    /// The changes of the plan that <see cref="GapOf"/> judges: the best one that leaves for this stage first. A plan
    /// that fell out of the running is known up to there.
    /// </summary>
    public StageSequence SequenceOf(int stage)
    {
        if (float.IsPositiveInfinity(_gap[stage])) return default;
        Node last = _lastOfFirst[stage] >= 0 ? _nodes[_lastOfFirst[stage]] : _dropped[stage];
        Span<SequenceStep> steps = stackalloc SequenceStep[_settings.HorizonS + 1];
        int n = 0;
        for (Node node = last; ; node = _nodes[node.Parent])
        {
            if (node.SwitchS >= 0 && n < steps.Length) steps[n++] = new SequenceStep(node.SwitchS, node.Stage);
            if (node.Parent < 0) break;
        }
        var sequence = default(StageSequence);
        while (n > 0) sequence = sequence.With(steps[--n].AfterS, steps[n].Stage);
        return sequence;
    }

    /// <summary>
    /// The best plan's changes in order; returns how many there are (the later ones are left out when
    /// <paramref name="steps"/> is full).
    /// </summary>
    public int Best(Span<PlanStep> steps)
    {
        int n = 0;
        for (int k = _best; k >= 0; k = _nodes[k].Parent)
            if (_nodes[k].SwitchS >= 0) n++;
        int i = n;
        for (int k = _best; k >= 0; k = _nodes[k].Parent)
            if (_nodes[k].SwitchS >= 0 && --i < steps.Length) steps[i] = new PlanStep(_nodes[k].SwitchS, _nodes[k].Stage);
        return Math.Min(n, steps.Length);
    }
}

/// <summary>Leave the stage shown for another, so many seconds from the plan's begin.</summary>
public readonly record struct PlanStep(int SwitchS, int Stage);
