using System.Runtime.InteropServices;
using CityBrain.Model;

namespace CityBrain.Engine;

/// <summary>Adds every field of the traffic state to a digest.</summary>
internal static class StateDigest
{
    public static void AddTo(TrafficState state, ref Digest digest)
    {
        for (int i = 0; i < state.Lanes.Length; i++)
        {
            Add(state.Lanes[i], ref digest);
            digest.Add(MemoryMarshal.AsBytes(state.SightingsOf(i)));
        }
        foreach (ref readonly MovementState m in state.Movements.AsSpan())
        {
            digest.Add(m.TurnShare);
            digest.Add(m.ShareConfidence);
            digest.Add(m.FlowVph);
            digest.Add(m.PermissiveHeadwayS);
        }
        foreach (ref readonly ControllerState c in state.Controllers.AsSpan())
        {
            digest.Add(c.SeenMs);
            digest.Add((int)c.Mode);
        }
        foreach (ref readonly DetectorState d in state.Detectors.AsSpan())
        {
            digest.Add(d.SeenMs);
            digest.Add((int)d.Fault);
            digest.Add(d.Confidence);
        }
    }

    private static void Add(in LaneState lane, ref Digest digest)
    {
        digest.Add(lane.SeenMs);
        digest.Add(lane.SightingCount);
        digest.Add(lane.Vehicles);
        digest.Add(lane.Stopped);
        digest.Add(lane.QueueTailM);
        digest.Add(lane.FlowVph);
        digest.Add(lane.SpeedMps);
        digest.Add(lane.Occupancy);
        digest.Add(lane.CoveredMs);
        digest.Add(lane.CoveredSinceMs);
        digest.Add(lane.FreeSpeedMps);
        digest.Add(lane.SaturationHeadwayS);
        digest.Add(lane.SaturationConfidence);
        digest.Add(lane.StartUpLossS);
        digest.Add(lane.OutflowPerS);
        digest.Add(lane.ArrivalsVph);
        digest.Add(lane.Confidence);
    }
}
