using CityBrain.Model;
using CityBrain.SignalControl.Demand;

namespace CityBrain.SignalControl.Planning;

/// <summary>A planned flow of one intersection that the planning of another one reads.</summary>
/// <param name="Reader">The intersection that reads it.</param>
/// <param name="Owner">The intersection whose plan it is.</param>
/// <param name="Lane">The exit, or the lane with the stop line.</param>
/// <param name="Place">Which of the two.</param>
internal readonly record struct SharedFlow(int Reader, int Owner, int Lane, PlannedPlace Place);

/// <summary>
/// Where the control of one district looks across its border. Worked out once, from the network alone.
/// </summary>
public static class PlanBorder
{
    /// <summary>
    /// What an intersection's planning may read of others' plans: who sends to it, and who empties its exits.
    /// </summary>
    internal static IEnumerable<SharedFlow> Reads(City city, JunctionModel junction, ApproachReach reach)
    {
        int reader = junction.Intersection.Index;
        IEnumerable<SharedFlow> arrivals = reach.Inlets.SelectMany(row => row)
            .Select(n => new SharedFlow(reader, n.From, n.ExitLane, PlannedPlace.Exit));
        IEnumerable<SharedFlow> room = junction.ExitLane.SelectMany(exit => ExitRoom.LanesBehind(city, exit))
            .Where(lane => city.Lanes[lane].Intersection >= 0)
            .Select(lane => new SharedFlow(reader, city.Lanes[lane].Intersection, lane, PlannedPlace.StopLine));
        return arrivals.Concat(room).Where(f => f.Owner != reader).Distinct();
    }

    /// <summary>
    /// Sensors of other districts, by dense index, on lanes that the control of one district looks at,
    /// whatever its policy: up to 200 m before its stop lines, its exits and the short lanes behind them, the
    /// boxes it drives through.
    /// </summary>
    public static int[] Detectors(City city, int district)
    {
        var seen = new bool[city.Lanes.Length];
        var upstream = new Reach(city);
        foreach (Intersection i in city.Intersections.Where(i => i.District == district))
        {
            var junction = new JunctionModel(city, i);
            foreach (int lane in i.StopLineLanes)
                foreach (ReachLane r in upstream.Of(lane)) seen[r.Lane] = true;
            IEnumerable<int> lanes = new ApproachReach(city, junction, PlannerSettings.Default).Lanes
                .Concat(junction.ExitLane.SelectMany(e => ExitRoom.LanesBehind(city, e)))
                .Concat(i.Movements.SelectMany(m => m.Via));
            foreach (int lane in lanes) seen[lane] = true;
        }
        return [.. city.Detectors.Where(d => d.Lane >= 0 && seen[d.Lane]
            && city.Intersections[d.Intersection].District != district).Select(d => d.Index)];
    }
}
