using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Learns from what the sensors show, second by second: flows and turning shares, waits, what rows discharge while they
/// give way, and greens that nobody uses.
/// </summary>
public sealed class FlowObserver(City city, PlannerSettings settings, JunctionModel[] junctions,
    ApproachReach[] reaches, JunctionMemory[] memories)
{
    private readonly City _city = city;
    private readonly PlannerSettings _settings = settings;
    private readonly JunctionModel[] _junctions = junctions;
    private readonly ApproachReach[] _reaches = reaches;
    private readonly JunctionMemory[] _memories = memories;
    private readonly BoxQueues _box = new(city, settings, junctions, memories);
    private readonly float[] _laneFlow = new float[city.Lanes.Length];

    private readonly LaneChanges _changes = new(city);

    /// <summary>
    /// Share of the moving vehicles at a distance from the end of a lane that leave by the end of another one beside it,
    /// or of their own.
    /// </summary>
    public float LeavesBy(int from, int to, float distanceM) => _changes.LeavesBy(from, to, distanceM);

    /// <summary>Vehicles a second on a lane, over some minutes.</summary>
    public float LaneFlow(int lane) => _laneFlow[lane];

    /// <summary>
    /// Counts what passed since the last tick. Flow over a stretch is distance driven over length and time (Edie's
    /// definition, 1963), which needs no identities and is merely scaled by lost detections.
    /// </summary>
    public void Observe(int i, TrafficState traffic, in SignalStatus signal, long nowMs)
    {
        JunctionMemory memory = _memories[i];
        JunctionModel junction = _junctions[i];
        if (memory.SeenMs == long.MinValue) memory.BeganMs = memory.SeenMs = nowMs;
        float dt = Math.Min(5f, (nowMs - memory.SeenMs) * 0.001f);
        memory.SeenMs = nowMs;
        if (dt <= 0) return;
        float age = (nowMs - memory.BeganMs) * 0.001f;
        float slow = dt / Math.Min(300f, age + 1f), recent = dt / 8f;
        for (int r = 0; r < junction.LaneRows; r++)
        {
            float row = 0, sum = 0;
            RowLink[] links = junction.Links[r];
            for (int k = 0; k < links.Length; k++)
            {
                float flow = EdieFlow(traffic, _city.Movements[links[k].Movement].Via);
                row += flow;
                ref float count = ref memory.LinkCount[r][k];
                count += flow * dt - count * (dt / 900f);
                ref float now = ref memory.LinkRecent[r][k];
                now += (flow - now) * recent;
                sum += count;
            }
            for (int k = 0; k < links.Length; k++)
                memory.Share[r][k] = (memory.LinkCount[r][k] + 1f) / (sum + links.Length);
            memory.Flow[r] += (row - memory.Flow[r]) * slow;
            bool seen = Seen(traffic, junction.Lane[r], nowMs);
            Watch(memory, junction, r, traffic, signal, seen, dt, nowMs);
            if (seen && !signal.Changing) LearnYielding(memory, junction, r, traffic, signal, row, dt, nowMs);
            if (seen) Queue(memory, junction, r, traffic, row * dt, nowMs);
            else Guess(memory, junction, r, signal, dt, nowMs);
        }
        _box.Observe(i, traffic, nowMs);
        foreach (int lane in _reaches[i].Lanes)
        {
            float flow = 0, length = Math.Min(_settings.ReachM, (float)_city.Lanes[lane].Length.Value);
            foreach (VehicleSighting v in traffic.SightingsOf(lane)) flow += v.SpeedMps;
            _laneFlow[lane] += (flow / length - _laneFlow[lane]) * slow;
            if (_city.Lanes[lane].Beside.Length > 0) _changes.Observe(lane, traffic, Seen(traffic, lane, nowMs), dt / 300f);
        }
    }

    /// <summary>Share of an intersection's stop-line lanes that are seen.</summary>
    public float SeenShare(int i, TrafficState traffic, long nowMs)
    {
        JunctionModel junction = _junctions[i];
        int seen = 0;
        for (int r = 0; r < junction.LaneRows; r++)
            if (Seen(traffic, junction.Lane[r], nowMs)) seen++;
        return junction.LaneRows == 0 ? 1 : (float)seen / junction.LaneRows;
    }

    public void AddTo(ref Digest digest)
    {
        foreach (float flow in _laneFlow) digest.Add(flow);
        _changes.AddTo(ref digest);
    }

    /// <summary>False while a lane's camera is silent or not to be trusted.</summary>
    public bool Seen(TrafficState traffic, int lane, long nowMs) =>
        nowMs - traffic.Lanes[lane].SeenMs <= _settings.SilentAfterMs
        && traffic.Lanes[lane].Confidence >= _settings.LeastConfidence;

    /// <summary>A vehicle stands at the stop line that the camera does not show, but the loop does.</summary>
    public bool StandsUnseen(TrafficState traffic, int lane, long nowMs)
    {
        long since = traffic.Lanes[lane].CoveredSinceMs;
        if (since == 0 || nowMs - since < _settings.CoveredMs) return false;
        ReadOnlySpan<VehicleSighting> seen = traffic.SightingsOf(lane);
        return seen.Length == 0 || seen[0].DistanceM > _settings.CoveredByM;
    }

    private void Queue(JunctionMemory memory, JunctionModel junction, int row, TrafficState traffic, float left, long nowMs)
    {
        int queued = 0;
        foreach (VehicleSighting v in traffic.SightingsOf(junction.Lane[row]))
            if (v.SpeedMps < _settings.QueueSpeedMps) queued++;
        if (StandsUnseen(traffic, junction.Lane[row], nowMs)) queued++;
        memory.Wait(row, left, queued, nowMs);
        memory.Unseen[row] = queued;
    }

    /// <summary>A queue nobody sees grows by the usual flow and shrinks while its signal is green.</summary>
    private void Guess(JunctionMemory memory, JunctionModel junction, int row, in SignalStatus signal, float dt, long nowMs)
    {
        float queue = memory.Unseen[row] + Math.Max(memory.Flow[row], _settings.LeastFlow) * dt;
        bool green = false;
        foreach (RowLink link in junction.Links[row]) green |= junction.AspectOf(signal.Stage, link).IsGreen();
        float left = green && !signal.Changing ? Math.Min(queue, dt / _settings.HeadwayS) : 0;
        memory.Unseen[row] = queue - left;
        memory.Wait(row, left, (int)(queue - left), nowMs);
    }

    /// <summary>Counts what a row discharges while some of it gives way and a vehicle is at the stop line.</summary>
    private void LearnYielding(JunctionMemory memory, JunctionModel junction, int row, TrafficState traffic,
        in SignalStatus signal, float flow, float dt, long nowMs)
    {
        RowLink[] links = junction.Links[row];
        float gives = 0, open = 0, opposing = 0;
        for (int k = 0; k < links.Length; k++)
        {
            Aspect aspect = junction.AspectOf(signal.Stage, links[k]);
            if (!aspect.IsGreen()) continue;
            open += memory.Share[row][k];
            if (aspect == Aspect.Green) continue;
            gives += memory.Share[row][k];
            foreach ((int oppRow, int oppLink) in links[k].Opposing)
                if (junction.AspectOf(signal.Stage, junction.Links[oppRow][oppLink]) == Aspect.Green)
                    opposing += memory.LinkRecent[oppRow][oppLink];
        }
        if (gives < 0.3f * open || open < 0.97f || nowMs - signal.StageSinceMs < 3000) return;
        ReadOnlySpan<VehicleSighting> vehicles = traffic.SightingsOf(junction.Lane[row]);
        if (vehicles.Length == 0 || vehicles[0].DistanceM > 12f) return;
        foreach (RowLink link in links)
            if (memory.ExitBlocked[link.Exit]) return;
        float slower = _settings.PermissiveHeadwayS / _settings.HeadwayS * (1f + 3.6f * opposing + 16f * opposing * opposing);
        float share = gives / open;
        float expected = dt / (_settings.HeadwayS * (1 - share + share * slower));
        memory.YieldSeen[row] += flow * dt - memory.YieldSeen[row] * (dt / 900f);
        memory.YieldExpected[row] += expected - memory.YieldExpected[row] * (dt / 900f);
    }

    /// <summary>Belief in a refusal grows no further after so many seconds, and fades as fast as it grew.</summary>
    private const float MostRefusedS = 30;

    /// <summary>
    /// Does the first vehicle go when it may? One that stands far from the stop line with nobody before it, as those do
    /// who want to change lane, holds up the rest as well.
    /// </summary>
    private void Watch(JunctionMemory memory, JunctionModel junction, int row, TrafficState traffic,
        in SignalStatus signal, bool seen, float dt, long nowMs)
    {
        float[] refused = memory.Refused[row];
        ReadOnlySpan<VehicleSighting> vehicles = traffic.SightingsOf(junction.Lane[row]);
        bool stands = seen && vehicles.Length > 0 && vehicles[0].SpeedMps < 0.5f;
        if (!stands)
        {
            if (seen) Array.Clear(refused);
            return;
        }
        bool settled = !signal.Changing && nowMs - signal.StageSinceMs >= 4000;
        for (int k = 0; k < refused.Length; k++)
        {
            Aspect aspect = settled ? junction.AspectOf(signal.Stage, junction.Links[row][k]) : Aspect.Red;
            if (aspect.IsGreen() && memory.ExitBlocked[junction.Links[row][k].Exit]) continue;
            float change = aspect == Aspect.Green ? dt : aspect == Aspect.GreenYield ? 0.3f * dt : -dt;
            refused[k] = Math.Clamp(refused[k] + change, 0f, MostRefusedS);
        }
    }

    private float EdieFlow(TrafficState traffic, int[] via)
    {
        float driven = 0, length = 0;
        foreach (int lane in via)
        {
            length += (float)_city.Lanes[lane].Length.Value;
            foreach (VehicleSighting v in traffic.SightingsOf(lane)) driven += v.SpeedMps;
        }
        return length > 0 ? driven / length : 0;
    }
}
