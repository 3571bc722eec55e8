using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Where vehicles change lanes before a stop line: the flow of each lane by distance from its end. What a lane loses on
/// the way to its end, the lanes beside it that win there take, in proportion. Needs no identities; where nobody
/// changes, or nothing is known yet, everybody stays.
/// </summary>
public sealed class LaneChanges(City city)
{
    /// <summary>Stretches of a lane whose flow is told apart, and how long one is, metres.</summary>
    private const int Stretches = 8;
    private const float StretchM = 25;
    /// <summary>
    /// So much flow is taken to stay before anything is known, vehicles a second: three vehicles in five minutes.
    /// </summary>
    private const float StayFlow = 0.01f;

    private readonly float[] _flow = new float[city.Lanes.Length * Stretches];
    private readonly float[] _driven = new float[Stretches];

    /// <summary>
    /// Takes in a picture of a lane, with so much weight; the flow over a stretch is distance driven over length and time
    /// (Edie 1963). A lane that is not seen is forgotten at the same pace.
    /// </summary>
    public void Observe(int lane, TrafficState traffic, bool seen, float weight)
    {
        int last = Last(lane);
        float length = (float)city.Lanes[lane].Length.Value;
        Array.Clear(_driven);
        if (seen)
            foreach (VehicleSighting v in traffic.SightingsOf(lane))
                if (v.DistanceM < Stretches * StretchM)
                    _driven[Math.Min(last, (int)(v.DistanceM / StretchM))] += v.SpeedMps;
        for (int k = 0; k <= last; k++)
        {
            ref float flow = ref _flow[lane * Stretches + k];
            float over = k < last ? StretchM : Math.Min(length, Stretches * StretchM) - k * StretchM;
            flow += (_driven[k] / over - flow) * weight;
        }
    }

    /// <summary>The last stretch of a lane; what is shorter than half a stretch belongs to the one before.</summary>
    private int Last(int lane) =>
        Math.Clamp((int)((float)city.Lanes[lane].Length.Value / StretchM - 0.5f), 0, Stretches - 1);

    /// <summary>
    /// Share of the moving vehicles at a distance from the end of a lane that leave by the end of another one beside it,
    /// or of their own.
    /// </summary>
    public float LeavesBy(int from, int to, float distanceM)
    {
        int k = Math.Min(Last(from), (int)(distanceM / StretchM));
        float stays = from == to ? 1 : 0, here = _flow[from * Stretches + k];
        float lost = here - _flow[from * Stretches];
        if (lost <= 0) return stays;
        float won = 0;
        foreach (int lane in city.Lanes[from].Beside) won += Won(lane, k);
        if (won <= 0) return stays;
        float changes = Math.Min(lost, won) / (here + StayFlow);
        return from == to ? 1 - changes : changes * Won(to, k) / won;
    }

    private float Won(int lane, int k) => city.Lanes[lane].OnFoot ? 0
        : Math.Max(0f, _flow[lane * Stretches] - _flow[lane * Stretches + Math.Min(k, Last(lane))]);

    public void AddTo(ref Digest digest)
    {
        foreach (float flow in _flow) digest.Add(flow);
    }
}
