using CityBrain.Model;

namespace CityBrain.Dashboard.Tests;

/// <summary>
/// Plays a brain: moves a made-up traffic on by whole seconds and publishes frames. Queues grow on red and empty
/// on green; stages take turns; overrides that come in are obeyed at once.
/// </summary>
internal sealed class MadeUpTraffic
{
    public static readonly string[] Counters = ["events", "decisions", "commands", "commands.refused"];
    private const int ChangeS = 4;

    private readonly City _city;
    private readonly TrafficState _traffic;
    private readonly float[] _queue, _coming;
    private readonly int[] _stage, _sinceS, _lengthS;
    private readonly OverrideRequest?[] _overrides;
    private SeededRandom _random = new(7);

    public MadeUpTraffic(City city, long startMs)
    {
        _city = city;
        _traffic = new TrafficState(city) { NowMs = startMs };
        _queue = new float[city.Lanes.Length];
        _coming = new float[city.Lanes.Length];
        _stage = new int[city.Intersections.Length];
        _sinceS = new int[city.Intersections.Length];
        _lengthS = new int[city.Intersections.Length];
        _overrides = new OverrideRequest?[city.Intersections.Length];
        for (int g = 0; g < _traffic.Groups.Length; g++) _traffic.Groups[g].CallSinceMs = -1;
        for (int i = 0; i < _stage.Length; i++) { _stage[i] = i % 4; _lengthS[i] = 12 + i % 7; }
    }

    public bool CameraUp { get; set; } = true;
    /// <summary>An intersection that runs its own programme, or -1.</summary>
    public int Fallback { get; set; } = -1;
    public long NowMs => _traffic.NowMs;

    public void Obey(OverrideRequest request) => _overrides[request.Intersection] =
        request.Kind == OverrideKind.Release ? null : request;

    /// <summary>A second of traffic; returns the milliseconds that filling and handing over the picture took.</summary>
    public double Step(FrameExchange frames)
    {
        _traffic.NowMs += 1000;
        foreach (Intersection place in _city.Intersections) Step(place);
        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        CityFrame frame = frames.Writing;
        frame.CopyFrom(_city, _traffic);
        frame.Clock = ClockMode.Simulated;
        frame.Policy = "max-pressure";
        foreach (Intersection place in _city.Intersections) Fill(frame, place);
        frame.SetFeed(0, new FeedFrame("camera", CameraUp, CameraUp ? NowMs : NowMs - 60_000, NowMs / 7, 3, 12, 0));
        frame.SetFeed(1, new FeedFrame("loop", true, NowMs - 300, NowMs / 9, 1, 4, 0));
        frame.SetFeed(2, new FeedFrame("controller", true, NowMs - 900, NowMs / 1000, 0, 0, 0));
        for (int i = 0; i < Counters.Length; i++) frame.Counters[i] = NowMs / (1000 * (i + 1));
        frames.Publish();
        return System.Diagnostics.Stopwatch.GetElapsedTime(begin).TotalMilliseconds;
    }

    private void Step(Intersection place)
    {
        int i = place.Index;
        bool held = _overrides[i] is { Kind: OverrideKind.Hold } || _overrides[i] is { Kind: OverrideKind.Force } f && f.Stage == _stage[i];
        if (++_sinceS[i] >= _lengthS[i] && !held)
        {
            _stage[i] = _overrides[i] is { Kind: OverrideKind.Force } force ? force.Stage : (_stage[i] + 1) % place.Stages.Length;
            _sinceS[i] = -ChangeS;
            _lengthS[i] = 10 + _random.Next(18);
        }
        bool changing = _sinceS[i] < 0;
        for (int g = 0; g < place.Groups.Length; g++)
        {
            Aspect now = place.Stages[_stage[i]].Aspects[g];
            if (changing) now = _sinceS[i] < -1 && place.Stages[(_stage[i] + 3) % 4].Aspects[g] == Aspect.Green && place.Groups[g].Kind == GroupKind.Vehicle ? Aspect.Yellow : Aspect.Red;
            ref GroupState group = ref _traffic.Group(i, g);
            if (group.Reported != now) (group.Reported, group.ReportedSinceMs) = (now, NowMs);
            if (now.IsGreen()) group.CallSinceMs = -1;
            else if (group.CallSinceMs < 0) group.CallSinceMs = NowMs;
        }
        _traffic.Controllers[i] = new ControllerState { Mode = i == Fallback ? ControllerMode.Fallback : ControllerMode.Remote, SeenMs = NowMs };
        foreach (int lane in place.StopLineLanes) StepLane(place, lane);
    }

    private void StepLane(Intersection place, int lane)
    {
        bool left = _city.Movements[_city.Lanes[lane].Movements[0]].Turn == Turn.Left;
        Aspect aspect = _traffic.Group(place.Index, _city.Movements[_city.Lanes[lane].Movements[0]].Group).Reported;
        float busy = 0.06f + 0.2f * ((place.Index * 37 + lane * 11) % 10) / 10f;
        if (_random.NextShare() < (left ? busy / 2 : busy)) _coming[lane] += 1;
        float arrive = _coming[lane] > 0 && _random.NextShare() < 0.3 ? 1 : 0;
        _coming[lane] -= arrive;
        _queue[lane] = Math.Clamp(_queue[lane] + arrive - (aspect.IsGreen() ? 0.55f : 0), 0, 26);
        ref LaneState s = ref _traffic.Lanes[lane];
        int stopped = (int)_queue[lane], moving = (int)_coming[lane];
        s.SeenMs = NowMs;
        s.Stopped = stopped;
        s.Vehicles = stopped + moving;
        s.QueueTailM = stopped * 7.2f;
        s.SpeedMps = s.Vehicles > 0 ? 12f * moving / s.Vehicles + (aspect.IsGreen() ? 2 : 0) : 0;
        s.FreeSpeedMps = 13.9f;
        s.FlowVph = busy * 3600;
        s.Occupancy = Math.Min(1, stopped / 20f);
        s.Confidence = 0.95f;
        s.SaturationHeadwayS = 1.9f;
        int n = 0;
        for (int v = 0; v < stopped; v++) See(lane, n++, 1 + v * 7.2, 0);
        for (int v = 0; v < Math.Min(moving, 12); v++) See(lane, n++, 20 + stopped * 7.2 + v * 15 + 10 * (NowMs / 1000 % 3), 11);
        s.SightingCount = n;
    }

    private void See(int lane, int n, double distanceM, double speedMps) =>
        _traffic.Sightings[lane * TrafficState.SightingsPerLane + n] = VehicleSighting.Of(
            Math.Min(distanceM, 200), speedMps, n % 9 == 5 ? 11 : 4.6, n % 9 == 5 ? VehicleClass.Bus : VehicleClass.Car);

    private void Fill(CityFrame frame, Intersection place)
    {
        int i = place.Index;
        ref IntersectionFrame s = ref frame.Intersections[i];
        s.Stage = (short)_stage[i];
        s.PreviousStage = (short)((_stage[i] + 3) % 4);
        s.Changing = _sinceS[i] < 0;
        s.StageSinceMs = NowMs - _sinceS[i] * 1000;
        s.Commanded = i != Fallback;
        s.DecidedMs = NowMs;
        var reason = new DecisionReason
        {
            Rule = i == Fallback ? Rule.Stale : _overrides[i] is null ? Rule.Pressure : Rule.Operator,
            Asked = (short)_stage[i], Score = -12.5f, QueueVehicles = 14, ArrivalsVehicles = 3, LongestWaitS = 40, LongestWaitGroup = 1,
        };
        for (int k = 0; k < 4; k++) if (k != _stage[i]) reason.Reject(k, -8f + k);
        s.Reason = reason;
        s.Override = _overrides[i]?.Kind ?? OverrideKind.Release;
        s.OverrideStage = (short)(_overrides[i]?.Stage ?? -1);
        s.OverrideUntilMs = _overrides[i] is { } o ? NowMs + o.Seconds * 1000 : 0;
    }
}
