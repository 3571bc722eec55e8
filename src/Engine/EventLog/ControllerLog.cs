using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Engine.EventLog;

/// <summary>
/// Writes what the controllers of a city would have logged at high resolution (<see cref="EventIds"/>), from the events
/// that its sensors and controllers send and from what the brain decides: so that every measure of such logs works on a
/// simulated run, a journal and a live city alike. Devices are intersections, phases signal groups
/// (<see cref="DetectorWiring"/>). Events come in no order of time; sort them before use.
/// </summary>
public sealed class ControllerLog
{
    private readonly City _city;
    private readonly HiResTaker _take;
    private readonly LoopEdges _loops;
    private readonly SignalEdges _signals;
    private readonly bool[] _called;

    /// <param name="city">The city, as it is timed.</param>
    /// <param name="take">Gets every event.</param>
    public ControllerLog(City city, HiResTaker take)
    {
        _city = city;
        _take = take;
        Wiring = new DetectorWiring(city);
        _loops = new LoopEdges(city.Detectors.Length, TakeEdge);
        _signals = new SignalEdges(city, take);
        _called = new bool[city.Intersections.Length * Math.Max(1, city.MaxGroups)];
    }

    public DetectorWiring Wiring { get; }

    /// <summary>Readings and reports that named nothing of this city or came out of order.</summary>
    public long Refused => _refused + _loops.OutOfOrder;
    private long _refused;

    /// <summary>Takes loop readings, buttons and, where wanted, the controllers' reports.</summary>
    /// <param name="e">An event on its way to the brain.</param>
    /// <param name="extra">Its side data.</param>
    /// <param name="reports">False where <see cref="Show"/> tells more exactly what the heads show.</param>
    public void Accept(in CityEvent e, ReadOnlySpan<byte> extra, bool reports = true)
    {
        switch (e.Kind)
        {
            case EventKind.Loop when (uint)e.Index < (uint)_city.Detectors.Length:
                if (Wiring.Number(e.Index) > 0) _loops.Read(e.Index, e.TimeMs, e.A, e.B);
                break;
            case EventKind.Button when (uint)e.Index < (uint)_city.Detectors.Length:
                Press(_city.Detectors[e.Index], e.TimeMs);
                break;
            case EventKind.Controller when (uint)e.Index < (uint)_city.Intersections.Length:
                if (reports) _signals.Show(e.Index, MemoryMarshal.Cast<byte, Aspect>(extra), e.TimeMs);
                break;
            case EventKind.Loop or EventKind.Button or EventKind.Controller:
                _refused++;
                break;
        }
    }

    /// <summary>The heads of an intersection show this from now on.</summary>
    public void Show(int intersection, ReadOnlySpan<Aspect> aspects, long timeMs) =>
        _signals.Show(intersection, aspects, timeMs);

    /// <summary>After a tick: calls that began or ended (43, 44), and why greens are about to end (4, 5, 6).</summary>
    public void Tick(TrafficState traffic, CommandBuffer commands, long timeMs)
    {
        for (int i = 0; i < _city.Intersections.Length; i++)
            for (int g = 0; g < _city.Intersections[i].Groups.Length; g++)
                Call(i, g, traffic.Group(i, g), timeMs);
        for (int i = 0; i < commands.Count; i++)
            if (commands[i].Changed)
                _signals.EndsBy(commands[i].Intersection, Cause(commands[i].Reason));
    }

    private static ushort Cause(in DecisionReason reason) => (reason.Gate == Rule.None ? reason.Rule : reason.Gate) switch
    {
        Rule.GapOut => EventIds.GapOut,
        Rule.MaxOut => EventIds.MaxOut,
        _ => EventIds.ForceOff,
    };

    private void Call(int intersection, int group, in GroupState state, long timeMs)
    {
        ref bool called = ref _called[intersection * _city.MaxGroups + group];
        bool calls = state.CallSinceMs >= 0;
        if (calls == called) return;
        called = calls;
        ushort id = calls ? EventIds.PhaseCall : EventIds.PhaseCallDropped;
        _take(new HiResEvent(timeMs, intersection, id, DetectorWiring.Phase(group)));
    }

    private void Press(Detector button, long timeMs)
    {
        if (button.Kind == DetectorKind.Button && button.Group >= 0)
            _take(new HiResEvent(timeMs, button.Intersection, EventIds.PedButtonOn, DetectorWiring.Phase(button.Group)));
    }

    private void TakeEdge(int detector, bool on, long timeMs)
    {
        int device = _city.Detectors[detector].Intersection, number = Wiring.Number(detector);
        ushort id = on ? EventIds.DetectorOn : EventIds.DetectorOff;
        _take(new HiResEvent(timeMs, device, id, (ushort)number));
        if (on || !Wiring.AtStopBar(detector)) return;
        ushort past = (ushort)(number + DetectorWiring.PastLine);
        _take(new HiResEvent(timeMs, device, EventIds.DetectorOn, past));
        _take(new HiResEvent(timeMs + LoopEdges.ResolutionMs, device, EventIds.DetectorOff, past));
    }
}
