using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>A vehicle's unbroken way along a corridor.</summary>
internal sealed record Trajectory(List<(double AtS, double DistanceM)> Points);

/// <summary>What the way on was shown at one stop line from an instant on.</summary>
internal readonly record struct ShownAspect(double FromS, Aspect Aspect);

/// <summary>
/// Records a window of time on a corridor: where its vehicles were second by second, and what every stop line showed.
/// </summary>
internal sealed class CorridorTrace(Corridor corridor, double fromS, double toS)
{
    private readonly Dictionary<int, (long SeenMs, Trajectory Way)> _now = [];
    private readonly List<Trajectory> _trajectories = [];
    private readonly List<ShownAspect>[] _shown = [.. corridor.Stops.Select(_ => new List<ShownAspect>())];

    public Corridor Corridor => corridor;
    public double FromS => fromS;
    public double ToS => toS;
    public IReadOnlyList<Trajectory> Trajectories => _trajectories;
    /// <summary>By stop of the corridor: changes in order of time.</summary>
    public IReadOnlyList<IReadOnlyList<ShownAspect>> Shown => _shown;

    /// <summary>What an intersection's heads show from now on.</summary>
    public void Show(int intersection, ReadOnlySpan<Aspect> aspects, long nowMs)
    {
        if (nowMs > toS * 1000) return;
        for (int k = 0; k < _shown.Length; k++)
        {
            if (corridor.Stops[k].Intersection.Index != intersection) continue;
            Aspect aspect = WayOn(corridor.Stops[k].Groups, aspects);
            if (_shown[k].Count == 0 || _shown[k][^1].Aspect != aspect)
                _shown[k].Add(new ShownAspect(nowMs / 1000.0, aspect));
        }
    }

    /// <summary>Where everybody is now.</summary>
    public void Second(List<StreetVehicle> vehicles, long nowMs)
    {
        if (nowMs < fromS * 1000 || nowMs > toS * 1000) return;
        foreach (StreetVehicle v in vehicles)
        {
            if (v.Lane < 0 || !corridor.TryPlace(v.Lane, v.AtM, out double distance)) continue;
            if (!_now.TryGetValue(v.Number, out var last) || nowMs - last.SeenMs > 2000
                || distance < last.Way.Points[^1].DistanceM - 5)
            {
                last.Way = new Trajectory([]);
                _trajectories.Add(last.Way);
            }
            last.Way.Points.Add((nowMs / 1000.0, distance));
            _now[v.Number] = (nowMs, last.Way);
        }
    }

    /// <summary>Green if any of the way's groups is green, else yellow if any is yellow.</summary>
    private static Aspect WayOn(int[] groups, ReadOnlySpan<Aspect> aspects)
    {
        Aspect shown = Aspect.Red;
        foreach (int g in groups)
            if (aspects[g].IsGreen()) return Aspect.Green;
            else if (aspects[g] != Aspect.Red) shown = aspects[g];
        return shown;
    }
}
