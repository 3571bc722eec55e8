using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// What follows from the lanes: flow of each movement (its share of its lane's), and sums over each approach's stop-line
/// lanes. Worked out once a tick; nothing is remembered.
/// </summary>
internal sealed class Totals(City city, TrafficState state)
{
    public void Tick()
    {
        foreach (Intersection intersection in city.Intersections)
        {
            foreach (Movement m in intersection.Movements) Movement(m);
            foreach (Approach approach in intersection.Approaches)
                Approach(approach, ref state.Approach(intersection.Index, approach.Index));
        }
    }

    private void Movement(Movement m)
    {
        if (m.Turn == Turn.Crossing) return;
        ref MovementState movement = ref state.Movements[m.Index];
        int[] others = city.Lanes[m.From].Movements;
        float share = movement.TurnShare > 0 || others.Length == 0 ? movement.TurnShare : 1f / others.Length;
        movement.FlowVph = state.Lanes[m.From].FlowVph * share;
    }

    private void Approach(Approach approach, ref ApproachState total)
    {
        total = default;
        float speeds = 0;
        foreach (int l in approach.Lanes)
        {
            ref readonly LaneState lane = ref state.Lanes[l];
            total.Vehicles += lane.Vehicles;
            total.Stopped += lane.Stopped;
            total.FlowVph += lane.FlowVph;
            total.ArrivalsVph += lane.ArrivalsVph;
            total.QueueTailM = Math.Max(total.QueueTailM, lane.QueueTailM);
            total.Occupancy += lane.Occupancy / approach.Lanes.Length;
            speeds += lane.SpeedMps * lane.Vehicles;
        }
        total.SpeedMps = total.Vehicles > 0 ? speeds / total.Vehicles : 0;
    }
}
