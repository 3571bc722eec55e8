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
    /// <summary>No shorter stretch is measured, metres: a vehicle would jump over it from one picture to the next.</summary>
    private const float ShortestM = 5;
    /// <summary>Flow of which nothing is concluded, vehicles a second, and the same for a share of it that is lost.</summary>
    private const float LeastFlow = 0.005f, LeastShare = 0.02f;

    private readonly float[] _flow = new float[city.Lanes.Length * Stretches];
    private readonly float[] _driven = new float[Stretches];

    /// <summary>
    /// Takes in a picture of a lane, with so much weight; the flow over a stretch is distance driven over length and time
    /// (Edie 1963).
    /// </summary>
    public void Observe(int lane, TrafficState traffic, float weight)
    {
        float length = (float)city.Lanes[lane].Length.Value;
        Array.Clear(_driven);
        foreach (VehicleSighting v in traffic.SightingsOf(lane))
            if (v.DistanceM is >= 0 and < Stretches * StretchM) _driven[(int)(v.DistanceM / StretchM)] += v.SpeedMps;
        for (int k = 0; k < Stretches && k * StretchM < length; k++)
        {
            ref float flow = ref _flow[lane * Stretches + k];
            float over = Math.Max(ShortestM, Math.Min(StretchM, length - k * StretchM));
            flow += (_driven[k] / over - flow) * weight;
        }
    }

    /// <summary>
    /// Share of the moving vehicles at a distance from the end of a lane that leave by the end of another one beside it,
    /// or of their own.
    /// </summary>
    public float LeavesBy(int from, int to, float distanceM)
    {
        int k = Math.Clamp((int)(distanceM / StretchM), 0, Stretches - 1);
        float stays = from == to ? 1 : 0, here = _flow[from * Stretches + k];
        float lost = here - _flow[from * Stretches];
        if (here < LeastFlow || lost < LeastShare * here) return stays;
        float won = 0;
        foreach (int lane in city.Lanes[from].Beside) won += Won(lane, k);
        if (won <= 0) return stays;
        float changes = Math.Min(lost, won) / here;
        return from == to ? 1 - changes : changes * Won(to, k) / won;
    }

    private float Won(int lane, int k) =>
        city.Lanes[lane].OnFoot ? 0 : Math.Max(0f, _flow[lane * Stretches] - _flow[lane * Stretches + k]);

    public void AddTo(ref Digest digest)
    {
        foreach (float flow in _flow) digest.Add(flow);
    }
}
