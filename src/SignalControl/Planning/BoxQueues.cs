using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// Vehicles that have passed the stop line and wait in the junction box for a gap. They leave when their green is
/// protected, when a gap comes, or when the stage ends and the box is cleared for the next one; until then they wait
/// like any queue.
/// </summary>
internal sealed class BoxQueues(City city, PlannerSettings settings, JunctionModel[] junctions, JunctionMemory[] memories)
{
    /// <summary>Below this a vehicle in the box waits, m/s.</summary>
    private const float WaitsBelowMps = 1f;

    /// <summary>Brings the waits of an intersection's box up to date.</summary>
    public void Observe(int i, TrafficState traffic, long nowMs)
    {
        JunctionModel junction = junctions[i];
        for (int row = junction.FirstBoxRow; row < junction.Rows; row++)
        {
            int waiting = 0;
            foreach (RowLink link in junction.Links[row]) waiting += Waiting(link, traffic);
            memories[i].Wait(row, 0, waiting, nowMs);
        }
    }

    /// <summary>Adds those who wait now, and how fast each stage lets them go.</summary>
    public void Build(int i, TrafficState traffic, long nowMs, PlanScene scene)
    {
        JunctionModel junction = junctions[i];
        for (int row = junction.FirstBoxRow; row < junction.Rows; row++)
        {
            RowLink[] links = junction.Links[row];
            float[] share = memories[i].Share[row];
            float all = 0;
            for (int k = 0; k < links.Length; k++) all += share[k] = Waiting(links[k], traffic);
            if (all == 0) continue;
            for (int k = 0; k < links.Length; k++) share[k] /= all;
            scene.Old[row] = all;
            scene.OldExtra[row] = memories[i].ExtraWeight(row, nowMs, settings.WaitDoublesS, out _);
            for (int s = 0; s < junction.Stages; s++) Rate(i, s, row, scene);
        }
    }

    private void Rate(int i, int stage, int row, PlanScene scene)
    {
        JunctionModel junction = junctions[i];
        RowLink[] links = junction.Links[row];
        float yields = 0;
        int first = scene.NextOpposing(stage);
        for (int k = 0; k < links.Length; k++)
        {
            float share = memories[i].Share[row][k];
            if (share == 0 || junction.AspectOf(stage, links[k]) != Aspect.GreenYield) continue;
            yields += share;
            foreach ((int oppRow, int oppLink) in links[k].Opposing)
                if (junction.AspectOf(stage, junction.Links[oppRow][oppLink]) == Aspect.Green)
                    scene.AddOpposing(stage, new OpposingFlow(oppRow, memories[i].Share[oppRow][oppLink]));
        }
        scene.Rate[stage * scene.Width + row] = 1f / settings.HeadwayS;
        if (yields == 0) return;
        float factor = memories[i].YieldFactor(junction.BoxSource[row - junction.FirstBoxRow]);
        float headwayRatio = settings.PermissiveHeadwayS / (settings.HeadwayS * factor);
        scene.AddYielding(stage,
            new YieldingRow(row, 1 - yields, yields, headwayRatio, first, scene.NextOpposing(stage)));
    }

    private int Waiting(in RowLink link, TrafficState traffic)
    {
        int waiting = 0;
        foreach (int lane in city.Movements[link.Movement].Via)
            foreach (VehicleSighting v in traffic.SightingsOf(lane))
                if (v.SpeedMps < WaitsBelowMps) waiting++;
        return waiting;
    }
}
