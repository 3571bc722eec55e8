using CityBrain.Model;
using CityBrain.SignalControl.Safety;
using CityBrain.Simulation;

namespace CityBrain.SignalControl.Tests;

/// <summary>
/// A gate with a controller that obeys what its conflict monitor allows and reports what it shows, sensors that are
/// fresh, and an audit.
/// </summary>
public sealed class GateRig
{
    private readonly ConflictMonitor _monitor;

    public GateRig(City city, int intersection = 0, GateOptions? options = null, int tickMs = 1_000)
    {
        City = city;
        At = city.Intersections[intersection];
        Traffic = new TrafficState(city);
        Options = options ?? GateOptions.Default with { TickMs = tickMs };
        Gate = new SafetyGate(city, Options);
        Output = new CommandBuffer(city.Intersections.Length, city.MaxGroups);
        Audit = new SignalAudit(At);
        TickMs = tickMs;
        Heads = [.. At.Stages[0].Aspects];
        Since = [.. Heads.Select(_ => NowMs)];
        _monitor = new ConflictMonitor(At);
        Array.Fill(Traffic.Groups, new GroupState { CallSinceMs = -1 });
        Traffic.Controllers[At.Index].Mode = ControllerMode.Fallback;
        Gate.Start(NowMs);
    }

    public City City { get; }
    public Intersection At { get; }
    public TrafficState Traffic { get; }
    public GateOptions Options { get; }
    public SafetyGate Gate { get; }
    public CommandBuffer Output { get; }
    public SignalAudit Audit { get; }
    public int TickMs { get; }
    public long NowMs { get; set; } = 1_000_000;
    /// <summary>What the heads on the street show, and since when.</summary>
    public Aspect[] Heads { get; }
    public long[] Since { get; }
    public DecisionReason Reason;
    /// <summary>Sensors and controller speak.</summary>
    public bool SensorsAlive { get; set; } = true;
    public bool ControllerAlive { get; set; } = true;
    /// <summary>The controller shows what it is told.</summary>
    public bool Obeys { get; set; } = true;
    /// <summary>Commands that the controller's own conflict monitor refused.</summary>
    public int Refused { get; private set; }
    /// <summary>Off, where the memory of the audit would be counted.</summary>
    public bool Audited { get; set; } = true;
    public SignalStatus Status => Gate.Status(At.Index, NowMs);
    public IntersectionMode Mode => Gate.Mode(At.Index);
    public string Shown => Aspects.Write(Heads);
    /// <summary>The command of the last tick for the intersection, if there was one.</summary>
    public SignalCommand? Last { get; private set; }

    public void ShowOnStreet(string aspects)
    {
        Aspect[] next = Aspects.Parse(aspects)!;
        for (int g = 0; g < next.Length; g++) Set(g, next[g]);
    }

    public void Call(int group, long sinceMs) => Traffic.Group(At.Index, group).CallSinceMs = sinceMs;

    /// <summary>One tick: the street reports, the gate decides, the street shows.</summary>
    public void Tick(int wanted)
    {
        Report();
        Output.Clear();
        Reason = default;
        Gate.Apply(At.Index, wanted, ref Reason, Traffic, NowMs, Output);
        _monitor.Show(Heads, NowMs);
        Obey();
        _monitor.Show(Heads, NowMs);
        if (Audited) Audit.See(Heads, NowMs);
        NowMs += TickMs;
    }

    public void Run(int wanted, int ticks)
    {
        for (int i = 0; i < ticks; i++) Tick(wanted);
    }

    /// <summary>Ticks until the stage is shown; the time it took.</summary>
    public long GoTo(int stage, int atMost = 400)
    {
        long startMs = NowMs;
        for (int i = 0; i < atMost; i++)
        {
            Tick(stage);
            if (Status is { Changing: false } s && s.Stage == stage) return NowMs - TickMs - startMs;
        }
        throw new InvalidOperationException($"stage {stage} was not reached in {atMost} ticks");
    }

    private void Report()
    {
        if (SensorsAlive)
        {
            for (int d = 0; d < City.Detectors.Length; d++) Traffic.Detectors[d].SeenMs = NowMs;
            foreach (ref LaneState lane in Traffic.Lanes.AsSpan()) lane.SeenMs = NowMs;
        }
        if (!ControllerAlive) return;
        Traffic.Controllers[At.Index].SeenMs = NowMs;
        for (int g = 0; g < Heads.Length; g++)
        {
            ref GroupState group = ref Traffic.Group(At.Index, g);
            group.Reported = Heads[g];
            group.ReportedSinceMs = Since[g];
        }
    }

    private void Obey()
    {
        Last = null;
        if (Output.Count == 0) return;
        Last = Output[0];
        if (!Obeys) return;
        if (Last.Value.Kind == CommandKind.Release)
        {
            Traffic.Controllers[At.Index].Mode = ControllerMode.Fallback;
            return;
        }
        if (_monitor.Judge(Output.Aspects(0), NowMs) != Refusal.None)
        {
            Refused++;
            return;
        }
        Traffic.Controllers[At.Index].Mode = ControllerMode.Remote;
        for (int g = 0; g < Heads.Length; g++) Set(g, Output.Aspects(0)[g]);
    }

    private void Set(int g, Aspect aspect)
    {
        if (Heads[g] == aspect) return;
        Heads[g] = aspect;
        Since[g] = NowMs;
    }
}
