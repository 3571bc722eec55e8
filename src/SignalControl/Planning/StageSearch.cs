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
    private readonly float[] _states;
    private readonly float[] _scratch;
    private readonly float[] _gap;
    private readonly float[] _bestRank;
    private readonly int[] _droppedAt;
    private readonly Node[] _dropped;
    private readonly int[] _lastOfFirst;
    private readonly bool[] _useful;
    private int _best;
    private readonly int _stateSize;
    private JunctionModel _junction = null!;
    private PlanScene _scene = null!;

    /// <summary>A plan up to an instant: how it got there and what it lost.</summary>
    private record struct Node
    {
        public float Lost, Rank;
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
        _stateSize = 2 * maxWidth + PlanScene.LimitedExits;
        _states = new float[(h + 1) * settings.Beam * _stateSize];
        _scratch = new float[_stateSize];
        _gap = new float[maxStages];
        _useful = new bool[maxStages];
        _bestRank = new float[h + 1];
        _droppedAt = new int[maxStages];
        _dropped = new Node[maxStages];
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
        Node node = _nodes[from];
        int end = _nextInstant[t];
        float lost = node.Lost
            + _queues.Green(StateOf(from), _scratch, node.Stage, node.Before, node.Age, t, end);
        Keep(end, node with { Lost = lost, Age = (short)(node.Age + end - t), Parent = from, SwitchS = -1 });
        if (t > _settings.LastSwitchS || node.Rank > _bestRank[t] * (1f + _settings.Hopeless)) return;
        bool[] follow = _junction.Intersection.Stages[node.Stage].MayBeFollowedBy;
        for (int s = 0; s < _junction.Stages; s++)
            if (s != node.Stage && follow[s] && _useful[s]) Switch(t, from, node, s);
    }

    private void Switch(int t, int from, in Node node, int stage)
    {
        int h = _settings.HorizonS, pair = node.Stage * _junction.Stages + stage;
        int green = Math.Min(h, t + _junction.ChangeS[pair]);
        int end = green + _junction.MinGreenS[pair];
        end = end >= h ? h : _nextInstant[end - 1];
        float lost = node.Lost + _queues.Switch(StateOf(from), _scratch, node.Stage, stage, t, green, end);
        bool first = node.FirstSwitchS == h;
        Keep(end, new Node
        {
            Lost = lost, Stage = (short)stage, Before = node.Stage, Age = (short)(end - green), Parent = from,
            SwitchS = t, FirstStage = first ? (short)stage : node.FirstStage,
            FirstSwitchS = first ? (short)t : node.FirstSwitchS,
        });
    }

    /// <summary>Puts the scratch state among the plans of an instant, if it is good enough.</summary>
    private void Keep(int t, Node node)
    {
        Priced++;
        node.Rank = node.Lost + _queues.Residual(_scratch, node.Stage, t);
        _bestRank[t] = Math.Min(_bestRank[t], node.Rank);
        int at = Place(t, node);
        if (at < 0)
        {
            NoteDropped(t, node);
            return;
        }
        _nodes[at] = node;
        _scratch.AsSpan(0, _queues.StateSize).CopyTo(_states.AsSpan(at * _stateSize));
    }

    private ReadOnlySpan<float> StateOf(int node) => _states.AsSpan(node * _stateSize, _stateSize);

    private int Place(int t, in Node node)
    {
        int first = t * _settings.Beam, end = first + _count[t], same = 0, worst = -1, worstSame = -1;
        for (int k = first; k < end; k++)
        {
            if (worst < 0 || _nodes[k].Rank > _nodes[worst].Rank) worst = k;
            if (_nodes[k].Stage != node.Stage) continue;
            same++;
            if (worstSame < 0 || _nodes[k].Rank > _nodes[worstSame].Rank) worstSame = k;
        }
        int at = same >= _settings.BeamPerStage ? worstSame : _count[t] == _settings.Beam ? worst : -1;
        if (at < 0) return first + _count[t]++;
        if (node.Rank >= _nodes[at].Rank) return -1;
        NoteDropped(t, _nodes[at]);
        return at;
    }

    private void NoteDropped(int t, in Node node)
    {
        if (t < _droppedAt[node.FirstStage]) return;
        if (t == _droppedAt[node.FirstStage] && node.Rank >= _dropped[node.FirstStage].Rank) return;
        _droppedAt[node.FirstStage] = t;
        _dropped[node.FirstStage] = node;
    }

    private void Conclude()
    {
        int h = _settings.HorizonS, first = h * _settings.Beam;
        _best = first;
        for (int s = 0; s < _junction.Stages; s++)
        {
            _gap[s] = _droppedAt[s] < 0 ? float.PositiveInfinity : _dropped[s].Rank - _bestRank[_droppedAt[s]];
            _lastOfFirst[s] = -1;
        }
        for (int k = first; k < first + _count[h]; k++)
            if (_nodes[k].Rank < _nodes[_best].Rank) _best = k;
        BestLoss = _nodes[_best].Rank;
        BestNextStage = _nodes[_best].FirstStage;
        BestSwitchS = _nodes[_best].FirstSwitchS;
        for (int k = first; k < first + _count[h]; k++)
        {
            int s = _nodes[k].FirstStage;
            if (_nodes[k].Rank - BestLoss >= _gap[s]) continue;
            _gap[s] = _nodes[k].Rank - BestLoss;
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
