using System.Runtime.Intrinsics;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>Carries each lane's loop, the one nearest to the stop line, into the lane's flow, speed and occupancy.</summary>
internal sealed class LoopLanes
{
    private const float ReadingsPerHourAtFirst = 3600;
    private readonly TrafficState _state;
    private readonly LoopBank _bank;
    private readonly ClosedWindows _windows;
    private readonly int[] _loops;
    private readonly int[] _lanes;
    private int _next;

    public LoopLanes(City city, TrafficState state, LoopBank bank, ClosedWindows windows)
    {
        _state = state;
        _bank = bank;
        _windows = windows;
        _loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop).GroupBy(d => d.Lane)
            .Select(g => g.MinBy(d => (d.At.Value, d.Index))!.Index).Order()];
        _lanes = [.. _loops.Select(l => city.Detectors[l].Lane)];
    }

    /// <summary>In a large city a quarter of the lanes at a time.</summary>
    public void Update()
    {
        int end = Math.Min(_loops.Length, _next + Math.Max(4096, _loops.Length / 4 + 1));
        for (int i = _next; i < end; i++)
        {
            Vector128<float> smooth = _bank.Smooth(_loops[i]);
            if (WindowSums.IsEmpty(smooth)) continue;
            int readings = _windows.Last(_loops[i], WindowLength.Seconds60).Readings;
            ref LaneState lane = ref _state.Lanes[_lanes[i]];
            float scale = 1 / smooth.GetElement(3); // readings seen so far weigh less than 1 at first
            lane.FlowVph = smooth.GetElement(0) * scale * (readings > 0 ? readings * 60 : ReadingsPerHourAtFirst);
            lane.Occupancy = smooth.GetElement(1) * scale;
            if (smooth.GetElement(0) > 0) lane.SpeedMps = LoopBank.SpeedMps(smooth);
        }
        _next = end == _loops.Length ? 0 : end;
    }

    public void AddTo(ref Digest digest) => digest.Add(_next);
}
