using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>What was found wrong in the signal states of a run: how often, and the first places.</summary>
public sealed record SumoSafetyReport(IReadOnlyDictionary<string, int> Violations, IReadOnlyList<string> Examples)
{
    public bool Safe => Violations.Count == 0;
}

/// <summary>
/// Checks the signal states that SUMO logged against the network's own signal logic: conflicting greens that no
/// programme of the network shows, green straight to red, yellow and green that are too short. Written from
/// the files alone; it shares nothing with the gate that made the commands.
/// </summary>
public sealed class SumoSafety
{
    private const int ExamplesPerKind = 4;

    private readonly Dictionary<string, Signal> _signals = new(StringComparer.Ordinal);
    private readonly double _minYellowS, _minGreenS, _endS;
    private readonly SortedDictionary<string, int> _violations = new(StringComparer.Ordinal);
    private readonly List<string> _examples = [];

    private sealed class Signal
    {
        public HashSet<(int, int)> Foes { get; } = [];
        /// <summary>The first gives way to the second.</summary>
        public HashSet<(int, int)> Yields { get; } = [];
        public HashSet<(int, int)> ShownTogether { get; } = [];
        public HashSet<(int, int)> ShownProtected { get; } = [];
        public HashSet<int> GreenToRed { get; } = [];
        public int Links { get; set; }
    }

    private SumoSafety(SumoScenario scenario, double minYellowS, double minGreenS)
    {
        (_minYellowS, _minGreenS, _endS) = (minYellowS, minGreenS, scenario.EndS);
        SumoNetFile net = SumoNetFile.Read(scenario.Network);
        var rightOfWay = new SumoRightOfWay(net);
        foreach (SumoProgramme programme in net.Programmes)
        {
            if (!_signals.TryGetValue(programme.Signal, out Signal? signal))
                _signals[programme.Signal] = signal = Describe(rightOfWay.Conflicts(programme.Signal));
            for (int k = 0; k < programme.Phases.Count; k++)
                Learn(signal, programme.Phases[k].State, programme.Phases[(k + 1) % programme.Phases.Count].State);
        }
    }

    /// <summary>Checks tls_states.xml (SUMO's SaveTLSSwitchStates) in a run's folder.</summary>
    /// <exception cref="SumoFileException">A file cannot be read.</exception>
    public static SumoSafetyReport Check(
        SumoScenario scenario, string folder, double minYellowS = 3, double minGreenS = 5)
    {
        var check = new SumoSafety(scenario, minYellowS, minGreenS);
        var states = new Dictionary<string, List<(double AtS, string State)>>(StringComparer.Ordinal);
        SumoXml.ForEach(Path.Combine(folder, "tls_states.xml"), ["tlsState"], (_, xml) =>
        {
            string id = xml.GetAttribute("id") ?? "";
            if (!states.TryGetValue(id, out var list)) states[id] = list = [];
            string state = xml.GetAttribute("state") ?? "";
            if (list.Count == 0 || list[^1].State != state) list.Add((SumoXml.Number(xml, "time"), state));
        });
        foreach (string id in check._signals.Keys)
            if (!states.ContainsKey(id)) check.Count("signal not logged", id);
        foreach ((string id, var list) in states)
            if (check._signals.TryGetValue(id, out Signal? signal)) check.Check(id, signal, list);
        return new SumoSafetyReport(check._violations, check._examples);
    }

    private static Signal Describe(List<ConflictDescription> conflicts)
    {
        var signal = new Signal();
        foreach (ConflictDescription c in conflicts)
        {
            int a = int.Parse(c.A, System.Globalization.CultureInfo.InvariantCulture);
            int b = int.Parse(c.B, System.Globalization.CultureInfo.InvariantCulture);
            signal.Foes.Add((Math.Min(a, b), Math.Max(a, b)));
            if (c.Yields is not null) signal.Yields.Add(c.Yields == c.A ? (a, b) : (b, a));
        }
        return signal;
    }

    private static void Learn(Signal signal, string state, string next)
    {
        signal.Links = Math.Max(signal.Links, state.Length);
        foreach ((int a, int b) in signal.Foes)
        {
            if (b >= state.Length || !Green(state[a]) || !Green(state[b])) continue;
            signal.ShownTogether.Add((a, b));
            if (state[a] == 'G' && state[b] == 'G') signal.ShownProtected.Add((a, b));
        }
        for (int i = 0; i < Math.Min(state.Length, next.Length); i++)
            if (Green(state[i]) && !Green(next[i]) && next[i] is not ('y' or 'Y')) signal.GreenToRed.Add(i);
    }

    private void Check(string id, Signal signal, List<(double AtS, string State)> states)
    {
        if (states.FirstOrDefault(s => s.State.Length != signal.Links) is { State: not null } wrong)
        {
            Count("state of wrong length", $"{id} at {wrong.AtS} s");
            return;
        }
        foreach ((double at, string state) in states.DistinctBy(s => s.State)) CheckTogether(id, signal, at, state);
        for (int link = 0; link < signal.Links; link++) CheckRuns(id, signal, link, states);
    }

    private void CheckTogether(string id, Signal signal, double at, string state)
    {
        foreach ((int a, int b) in signal.Foes)
        {
            if (b >= state.Length || !Green(state[a]) || !Green(state[b])) continue;
            string place = $"{id} at {at} s: links {a} and {b} of {state}";
            if (state[a] == 'G' && state[b] == 'G')
            {
                if (!signal.ShownProtected.Contains((a, b))) Count("conflicting protected greens", place);
            }
            else if (!signal.ShownTogether.Contains((a, b)))
            {
                bool givesWay = (state[a] == 'g' && signal.Yields.Contains((a, b)))
                    || (state[b] == 'g' && signal.Yields.Contains((b, a)));
                if (!givesWay) Count("conflicting greens and nobody yields", place);
            }
        }
    }

    private void CheckRuns(string id, Signal signal, int link, List<(double AtS, string State)> states)
    {
        int first = 0;
        for (int k = 1; k <= states.Count; k++)
        {
            if (k < states.Count && Kind(states[k].State[link]) == Kind(states[first].State[link])) continue;
            bool inner = first > 0 && k < states.Count;
            double seconds = (k < states.Count ? states[k].AtS : _endS) - states[first].AtS;
            char kind = Kind(states[first].State[link]);
            char next = k < states.Count ? Kind(states[k].State[link]) : '-';
            string place = $"{id} at {states[first].AtS} s: link {link}, {seconds} s";
            if (kind == 'g' && inner && seconds < _minGreenS - 1e-6) Count("short green", place);
            if (kind == 'g' && next == 'r' && !signal.GreenToRed.Contains(link)) Count("green to red", place);
            if (kind == 'y' && inner && seconds < _minYellowS - 1e-6) Count("short yellow", place);
            first = k;
        }
    }

    private void Count(string kind, string place)
    {
        int before = _violations.GetValueOrDefault(kind);
        _violations[kind] = before + 1;
        if (before < ExamplesPerKind) _examples.Add($"{kind}: {place}");
    }

    private static bool Green(char letter) => letter is 'g' or 'G';

    private static char Kind(char letter) => Green(letter) ? 'g' : letter is 'y' or 'Y' ? 'y' : 'r';
}
