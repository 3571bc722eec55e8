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
    private readonly PlannerSettings _settings;
    private readonly QueueModel _queues;
    private readonly int[] _nextInstant;
    private readonly int[] _count;
    private readonly Node[] _nodes;
    private readonly float[] _rank;
    private readonly float[] _states;
    private readonly float[] _scratch;
    private readonly float[] _gap;
    private readonly float[] _bestRank;
    private readonly int[] _droppedAt;
    private readonly Node[] _dropped;
    private readonly float[] _droppedRank;
    private readonly int[] _lastOfFirst;
    private readonly bool[] _useful;
    private int _best;
    private readonly int _stateSize;
    private JunctionModel _junction = null!;
    private PlanScene _scene = null!;

    /// <summary>A plan up to an instant: how it got there and what it lost.</summary>
    private record struct Node
    {
        public float Lost;
        public short Stage, Before, Age, FirstStage, FirstSwitchS;
        public int Parent, SwitchS;
    }

    public StageSearch(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
    {
        _settings = settings;
        _queues = new QueueModel(settings, maxWidth, maxStages, maxChangeS);
        int h = settings.HorizonS;
        _nextInstant = new int[h + 1];
        for (int t = 0; t <= h; t++) _nextInstant[t] = Math.Min(h, NextInstant(t));
        _count = new int[h + 1];
        _nodes = new Node[(h + 1) * settings.Beam];
        _rank = new float[_nodes.Length];
        _stateSize = 2 * maxWidth + PlanScene.LimitedExits;
        _states = new float[(h + 1) * settings.Beam * _stateSize];
        _scratch = new float[_stateSize];
        _gap = new float[maxStages];
        _useful = new bool[maxStages];
        _bestRank = new float[h + 1];
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

    /// <summary>Plans from now, with <paramref name="stage"/> green for <paramref name="age"/> seconds.</summary>
    public void Plan(JunctionModel junction, PlanScene scene, int stage, int age)
    {
        _junction = junction;
        _scene = scene;
        _queues.Attach(scene, junction);
        Array.Clear(_count);
        Array.Fill(_bestRank, float.PositiveInfinity);
        Array.Fill(_droppedAt, -1);
        Priced = 0;
        int h = _settings.HorizonS;
        for (int s = 0; s < junction.Stages; s++) _useful[s] = scene.Serves(s);
        _queues.Begin(_states);
        _nodes[0] = new Node
        {
            Stage = (short)stage, Before = (short)stage, Age = (short)Math.Min(age, 1000),
            FirstStage = (short)stage, FirstSwitchS = (short)h, Parent = -1, SwitchS = -1,
        };
        _rank[0] = 0;
        _count[0] = 1;
        for (int t = 0; t < h; t = _nextInstant[t])
        {
            for (int k = 0; k < _count[t]; k++) Branch(t, t * _settings.Beam + k);
        }
        Conclude();
    }

    private int NextInstant(int t) =>
        t < _settings.FineS ? t + 1
        : t < _settings.MediumS ? t + 2 - (t - _settings.FineS) % 2
        : t + 4 - (t - _settings.MediumS) % 4;

    private void Branch(int t, int from)
    {
        ref readonly Node node = ref _nodes[from];
        int end = _nextInstant[t];
        float lost = node.Lost
            + _queues.Green(StateOf(from), _scratch, node.Stage, node.Before, node.Age, t, end);
        Keep(end, from, node.Stage, node.Before, node.Age + end - t, -1, lost);
        if (t > _settings.LastSwitchS || _rank[from] > _bestRank[t] * (1f + _settings.Hopeless)) return;
        bool[] follow = _junction.Intersection.Stages[node.Stage].MayBeFollowedBy;
        for (int s = 0; s < _junction.Stages; s++)
            if (s != node.Stage && follow[s] && _useful[s]) Switch(t, from, s);
    }

    private void Switch(int t, int from, int stage)
    {
        ref readonly Node node = ref _nodes[from];
        int h = _settings.HorizonS, pair = node.Stage * _junction.Stages + stage;
        int green = Math.Min(h, t + _junction.ChangeS[pair]);
        int end = green + _junction.MinGreenS[pair];
        end = end >= h ? h : _nextInstant[end - 1];
        float lost = node.Lost + _queues.Switch(StateOf(from), _scratch, node.Stage, stage, t, green, end);
        Keep(end, from, stage, node.Stage, end - green, t, lost);
    }

    /// <summary>
    /// Puts the scratch state among the plans of an instant, if it is good enough: a plan that goes on from
    /// <paramref name="parent"/>, by a switch at <paramref name="switchS"/> unless that is -1.
    /// </summary>
    private void Keep(int t, int parent, int stage, int before, int age, int switchS, float lost)
    {
        Priced++;
        float rank = lost + _queues.Residual(_scratch, stage, t);
        _bestRank[t] = Math.Min(_bestRank[t], rank);
        bool first = switchS >= 0 && _nodes[parent].FirstSwitchS == _settings.HorizonS;
        int firstStage = first ? stage : _nodes[parent].FirstStage;
        int at = Place(t, stage, rank);
        if (at < 0 && !MayNote(t, firstStage, rank)) return;
        var node = new Node
        {
            Lost = lost, Stage = (short)stage, Before = (short)before, Age = (short)age, Parent = parent,
            SwitchS = switchS, FirstStage = (short)firstStage,
            FirstSwitchS = first ? (short)switchS : _nodes[parent].FirstSwitchS,
        };
        if (at < 0)
        {
            Note(t, node, rank);
            return;
        }
        _nodes[at] = node;
        _rank[at] = rank;
        _scratch.AsSpan(0, _queues.StateSize).CopyTo(_states.AsSpan(at * _stateSize));
    }

    private ReadOnlySpan<float> StateOf(int node) => _states.AsSpan(node * _stateSize, _stateSize);

    /// <summary>Where a plan goes: beside the others, or in the place of one that drops out; -1 if it does not go anywhere.</summary>
    private int Place(int t, int stage, float rank)
    {
        int first = t * _settings.Beam, count = _count[t], same = 0, worst = -1, worstSame = -1;
        ReadOnlySpan<float> ranks = _rank.AsSpan(first, count);
        ReadOnlySpan<Node> nodes = _nodes.AsSpan(first, count);
        for (int k = 0; k < ranks.Length; k++)
        {
            if (worst < 0 || ranks[k] > ranks[worst]) worst = k;
            if (nodes[k].Stage != stage) continue;
            same++;
            if (worstSame < 0 || ranks[k] > ranks[worstSame]) worstSame = k;
        }
        int at = same >= _settings.BeamPerStage ? worstSame : count == _settings.Beam ? worst : -1;
        if (at < 0) return first + _count[t]++;
        if (rank >= ranks[at]) return -1;
        if (MayNote(t, nodes[at].FirstStage, ranks[at])) Note(t, nodes[at], ranks[at]);
        return first + at;
    }

    /// <summary>Is a plan that drops out the best of the last ones to do so that left for this stage first?</summary>
    private bool MayNote(int t, int firstStage, float rank) =>
        t > _droppedAt[firstStage] || (t == _droppedAt[firstStage] && rank < _droppedRank[firstStage]);

    private void Note(int t, in Node node, float rank)
    {
        _droppedAt[node.FirstStage] = t;
        _droppedRank[node.FirstStage] = rank;
        _dropped[node.FirstStage] = node;
    }

    private void Conclude()
    {
        int h = _settings.HorizonS, first = h * _settings.Beam;
        _best = first;
        for (int s = 0; s < _junction.Stages; s++)
        {
            _gap[s] = _droppedAt[s] < 0 ? float.PositiveInfinity : _droppedRank[s] - _bestRank[_droppedAt[s]];
            _lastOfFirst[s] = -1;
        }
        for (int k = first; k < first + _count[h]; k++)
            if (_rank[k] < _rank[_best]) _best = k;
        BestLoss = _rank[_best];
        BestNextStage = _nodes[_best].FirstStage;
        BestSwitchS = _nodes[_best].FirstSwitchS;
        for (int k = first; k < first + _count[h]; k++)
        {
            int s = _nodes[k].FirstStage;
            if (_rank[k] - BestLoss >= _gap[s]) continue;
            _gap[s] = _rank[k] - BestLoss;
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
