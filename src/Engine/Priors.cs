using CityBrain.Model;

namespace CityBrain.Engine;

/// <summary>What is believed before anything was measured.</summary>
internal static class Priors
{
    public static void Fill(City city, TrafficState state, EngineOptions options)
    {
        foreach (Lane lane in city.Lanes)
        {
            ref LaneState s = ref state.Lanes[lane.Index];
            s.FreeSpeedMps = (float)lane.Limit.MetresPerSecond;
            s.SpeedMps = s.FreeSpeedMps;
            s.SaturationHeadwayS = options.SaturationHeadwayS;
            s.StartUpLossS = options.StartUpLossS;
            s.Confidence = 1;
            foreach (int movement in lane.Movements) state.Movements[movement].TurnShare = 1f / lane.Movements.Length;
        }
        for (int i = 0; i < state.Detectors.Length; i++) state.Detectors[i].Confidence = 1;
    }
}
