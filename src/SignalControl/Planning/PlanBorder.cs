using CityBrain.Model;
using CityBrain.SignalControl.Demand;

namespace CityBrain.SignalControl.Planning;

/// <summary>A planned flow of one unit that the planning of another one reads.</summary>
/// <param name="Reader">The unit that reads it.</param>
/// <param name="Owner">The unit whose plan it is.</param>
/// <param name="Lane">The exit, or the lane with the stop line.</param>
/// <param name="Place">Which of the two.</param>
internal readonly record struct SharedFlow(int Reader, int Owner, int Lane, PlannedPlace Place);

/// <summary>
/// Where the control of one district looks across its border. Worked out once, from the network alone.
/// </summary>
public static class PlanBorder
{
    /// <summary>
    /// What a unit's planning may read of others' plans: who sends to it, and who empties its exits.
    /// </summary>
    internal static IEnumerable<SharedFlow> Reads(
        City city, int reader, JunctionModel junction, ApproachReach reach, int[] unitOf)
    {
        IEnumerable<SharedFlow> arrivals = reach.Inlets.SelectMany(row => row)
            .Select(n => new SharedFlow(reader, n.From, n.ExitLane, PlannedPlace.Exit));
        IEnumerable<SharedFlow> room = junction.ExitLane.SelectMany(exit => ExitRoom.LanesBehind(city, exit))
            .Where(lane => city.Lanes[lane].Intersection >= 0)
            .Select(lane => new SharedFlow(reader, unitOf[city.Lanes[lane].Intersection], lane, PlannedPlace.StopLine));
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
        PlanUnit[] units = PlanUnit.Divide(city, PlannerSettings.Default);
        int[] unitOf = PlanUnit.Of(city, units);
        foreach (PlanUnit unit in units.Where(u => u.Members[0].District == district))
        {
            var junction = new JunctionModel(city, unit);
            foreach (int lane in unit.Members.SelectMany(i => i.StopLineLanes))
                foreach (ReachLane r in upstream.Of(lane)) seen[r.Lane] = true;
            IEnumerable<int> lanes = new ApproachReach(city, junction, unitOf, PlannerSettings.Default).Lanes
                .Concat(junction.ExitLane.SelectMany(e => ExitRoom.LanesBehind(city, e)))
                .Concat(unit.Members.SelectMany(i => i.Movements).SelectMany(m => m.Via));
            foreach (int lane in lanes) seen[lane] = true;
        }
        return [.. city.Detectors.Where(d => d.Lane >= 0 && seen[d.Lane]
            && city.Intersections[d.Intersection].District != district).Select(d => d.Index)];
    }
}
