using System.Runtime.Intrinsics;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>Carries each lane's loop, the one nearest to the stop line, into the lane's flow, speed and occupancy.</summary>
internal sealed class LoopLanes
{
    private const float ReadingsPerHourAtFirst = 3600;
    /// <summary>A loop no farther from the stop line shows who stands there, metres.</summary>
    private const double AtStopLineM = 10;
    /// <summary>Covered for at least this share of a second, a loop is taken to be covered throughout.</summary>
    private const float Covered = 0.9f;
    /// <summary>For more than this, somebody was there.</summary>
    private const float JustCovered = 0.05f;
    /// <summary>A loop trusted less says nothing of who stands there.</summary>
    private const float LeastConfidence = 0.5f;
    private readonly TrafficState _state;
    private readonly LoopBank _bank;
    private readonly ClosedWindows _windows;
    private readonly int[] _loops;
    private readonly int[] _lanes;
    private readonly bool[] _atStopLine;
    private readonly float[] _before;
    /// <summary>Loops looked at in a tick, ticks until all were, and what is left of a sum after so many readings.</summary>
    private readonly int _atOnce, _ticks;
    private readonly float _faded;
    private int _next;

    public LoopLanes(City city, TrafficState state, LoopBank bank, ClosedWindows windows)
    {
        _state = state;
        _bank = bank;
        _windows = windows;
        _loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop).GroupBy(d => d.Lane)
            .Select(g => g.MinBy(d => (d.At.Value, d.Index))!.Index).Order()];
        _lanes = [.. _loops.Select(l => city.Detectors[l].Lane)];
        _atStopLine = [.. _loops.Select(l => city.Detectors[l].At.Value <= AtStopLineM)];
        _before = new float[_loops.Length];
        _atOnce = Math.Max(4096, _loops.Length / 4 + 1);
        _ticks = Math.Max(1, (_loops.Length + _atOnce - 1) / _atOnce);
        _faded = 1;
        for (int n = 0; n < _ticks; n++) _faded *= LoopBank.Forgetting;
    }

    /// <summary>In a large city a quarter of the lanes at a time.</summary>
    public void Update(long nowMs)
    {
        int end = Math.Min(_loops.Length, _next + _atOnce);
        for (int i = _next; i < end; i++)
        {
            if (_atStopLine[i]) Cover(i, nowMs);
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

    /// <summary>
    /// Who covers the loop now. The readings since the last look, one a tick, added what the faded sum has grown by; where
    /// none came it comes close, for then it is that of a second like those before.
    /// </summary>
    private void Cover(int i, long nowMs)
    {
        float sum = _bank.FadedOccupancy(_loops[i]);
        ref LaneState lane = ref _state.Lanes[_lanes[i]];
        float covered = (sum - _before[i] * _faded) / _ticks;
        _before[i] = sum;
        bool trusted = _state.Detectors[_loops[i]].Confidence >= LeastConfidence;
        if (trusted && covered > JustCovered) lane.CoveredMs = nowMs;
        if (!trusted || covered < Covered) lane.CoveredSinceMs = 0;
        else if (lane.CoveredSinceMs == 0) lane.CoveredSinceMs = nowMs;
    }

    public void AddTo(ref Digest digest)
    {
        digest.Add(_next);
        foreach (float sum in _before) digest.Add(sum);
    }
}
