using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// What planning one intersection remembers from second to second: flows of its movements, how long the vehicles of
/// each queue have waited, and what it last planned, which its neighbours read.
/// </summary>
public sealed class JunctionMemory
{
    /// <summary>Waits kept per row.</summary>
    private const int MostWaiting = 64;

    public JunctionMemory(JunctionModel junction, int horizonS)
    {
        LinkCount = [.. junction.Links.Select(l => new float[l.Length])];
        LinkRecent = [.. junction.Links.Select(l => new float[l.Length])];
        Share = [.. junction.Links.Select(l => Enumerable.Repeat(1f / Math.Max(1, l.Length), l.Length).ToArray())];
        _since = new long[junction.Rows * MostWaiting];
        _waiting = new int[junction.Rows];
        _left = new float[junction.Rows];
        ExitFlow = new float[junction.ExitLane.Length * (horizonS + 1)];
        RowFlow = new float[junction.Rows * (horizonS + 1)];
        Flow = new float[junction.Rows];
        Unseen = new float[junction.Rows];
        ExitBlocked = new bool[junction.ExitLane.Length];
        HeldUp = new float[junction.ExitLane.Length];
        YieldSeen = new float[junction.Rows];
        YieldExpected = new float[junction.Rows];
        Refused = [.. junction.Links.Select(l => new float[l.Length])];
    }

    private readonly long[] _since;
    private readonly int[] _waiting;
    private readonly float[] _left;

    public long SeenMs { get; set; } = long.MinValue;
    public long BeganMs { get; set; }
    /// <summary>Vehicles counted per link, fading over 15 minutes.</summary>
    public float[][] LinkCount { get; }
    /// <summary>Vehicles a second per link, over the last seconds.</summary>
    public float[][] LinkRecent { get; }
    /// <summary>Turning shares per row and link.</summary>
    public float[][] Share { get; }
    /// <summary>The share of those that a stage lets go from a row that leaves by an exit.</summary>
    public float ShareInto(JunctionModel junction, int stage, int row, int exit)
    {
        RowLink[] links = junction.Links[row];
        float into = 0, open = 0;
        for (int k = 0; k < links.Length; k++)
        {
            Aspect aspect = junction.AspectOf(stage, links[k]);
            if (!aspect.IsGreen() && aspect != Aspect.StopThenGo) continue;
            open += Share[row][k];
            if (links[k].Exit == exit) into += Share[row][k];
        }
        return open > 0 ? into / open : 0;
    }

    /// <summary>Departures of each row, vehicles a second, over some minutes.</summary>
    public float[] Flow { get; }

    /// <summary>Queue believed to stand on a row that no sensor shows now, vehicles.</summary>
    public float[] Unseen { get; }
    /// <summary>Exits that had no room for a vehicle when last planned for.</summary>
    public bool[] ExitBlocked { get; }
    /// <summary>By exit: queued vehicles that want to leave by it and cannot, because it is full.</summary>
    public float[] HeldUp { get; }
    /// <summary>Vehicles that left a row while it had to give way and had somebody waiting, and those the model expected.</summary>
    public float[] YieldSeen { get; }
    public float[] YieldExpected { get; }

    /// <summary>Measured over expected discharge of a row that gives way; 1 before anything was seen.</summary>
    public float YieldFactor(int row) => Math.Clamp((YieldSeen[row] + 4f) / (YieldExpected[row] + 4f), 0.5f, 4f);

    /// <summary>
    /// Seconds for which a link was green while the first vehicle of its row did not move: it wants to go elsewhere, or
    /// cannot go. Per row and link; back to 0 when it moves.
    /// </summary>
    public float[][] Refused { get; }

    /// <summary>When the plan below was made; long.MinValue before the first.</summary>
    public long PlanMs { get; set; } = long.MinValue;
    /// <summary>True where another district's brain makes that plan, and an event brings it.</summary>
    public bool IsNeighbours { get; set; }
    /// <summary>Planned outflow into exit e in second t of the plan, at [e * (horizon + 1) + t].</summary>
    public float[] ExitFlow { get; }
    /// <summary>Planned outflow of row r in second t of the plan, at [r * (horizon + 1) + t].</summary>
    public float[] RowFlow { get; }

    /// <summary>The plan is over and no other one came: as before the first.</summary>
    public void Silence()
    {
        PlanMs = long.MinValue;
        Array.Clear(ExitFlow);
        Array.Clear(RowFlow);
    }

    /// <summary>Brings a row's waits up to date: so many left, so many are queued now.</summary>
    public void Wait(int row, float left, int queued, long nowMs)
    {
        Span<long> since = _since.AsSpan(row * MostWaiting, MostWaiting);
        _left[row] += left;
        int gone = Math.Min((int)_left[row], _waiting[row]);
        _left[row] -= (int)_left[row];
        since[gone.._waiting[row]].CopyTo(since);
        int n = _waiting[row] - gone, now = Math.Min(queued, MostWaiting);
        for (; n < now; n++) since[n] = nowMs;
        _waiting[row] = now;
    }

    /// <summary>What a vehicle of a row's queue weighs beyond 1 on the mean, and the longest wait in it, seconds.</summary>
    public float ExtraWeight(int row, long nowMs, float doublesS, out float longestS)
    {
        int n = _waiting[row];
        longestS = 0;
        if (n == 0) return 0;
        ReadOnlySpan<long> since = _since.AsSpan(row * MostWaiting, n);
        float sum = 0;
        foreach (long s in since) sum += (nowMs - s) * 0.001f;
        longestS = (nowMs - since[0]) * 0.001f;
        return sum / n / doublesS;
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(SeenMs);
        digest.Add(BeganMs);
        digest.Add(PlanMs);
        foreach (float[] row in LinkCount)
            foreach (float x in row) digest.Add(x);
        foreach (float[] row in LinkRecent)
            foreach (float x in row) digest.Add(x);
        foreach (float[] row in Refused)
            foreach (float x in row) digest.Add(x);
        foreach (float x in Flow) digest.Add(x);
        foreach (float x in HeldUp) digest.Add(x);
        foreach (float x in Unseen) digest.Add(x);
        foreach (float x in YieldSeen) digest.Add(x);
        foreach (float x in YieldExpected) digest.Add(x);
        foreach (float x in _left) digest.Add(x);
        for (int r = 0; r < _waiting.Length; r++)
        {
            digest.Add(_waiting[r]);
            for (int k = 0; k < _waiting[r]; k++) digest.Add(_since[r * MostWaiting + k]);
        }
        foreach (float x in ExitFlow) digest.Add(x);
    }
}
