using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.Engine.Windows;

/// <summary>Windows of 5 and 15 minutes, added up from closed windows of 60 s; and the last closed window of each length.</summary>
internal sealed class ClosedWindows
{
    private readonly Vector128<float>[] _five, _fifteen;
    private readonly int[] _minute;
    private readonly WindowRow[] _last;
    private readonly WindowRows _rows;

    public ClosedWindows(int detectors, WindowRows rows)
    {
        _rows = rows;
        _five = new Vector128<float>[detectors];
        _fifteen = new Vector128<float>[detectors];
        _minute = new int[detectors];
        _last = new WindowRow[detectors * 3];
    }

    /// <summary>The last closed window of a detector; Readings is 0 before the first.</summary>
    public ref readonly WindowRow Last(int detector, WindowLength length) =>
        ref _last[detector * 3 + (int)length - (int)WindowLength.Seconds60];

    /// <summary>A window of 60 s closed; windows of one detector close in order of time.</summary>
    public void Add(int detector, int minute, Vector128<float> sums)
    {
        int before = _minute[detector];
        if (minute / 5 != before / 5) Close(_five, detector, before / 5 * 5, WindowLength.Minutes5);
        if (minute / 15 != before / 15) Close(_fifteen, detector, before / 15 * 15, WindowLength.Minutes15);
        _minute[detector] = minute;
        _five[detector] += sums;
        _fifteen[detector] += sums;
        Emit(WindowSums.Row(sums, minute * 60_000L, detector, WindowLength.Seconds60));
        // The last minute of a longer window closes it at once, rather than with the next reading.
        if (minute % 5 == 4) Close(_five, detector, minute / 5 * 5, WindowLength.Minutes5);
        if (minute % 15 == 14) Close(_fifteen, detector, minute / 15 * 15, WindowLength.Minutes15);
    }

    private void Close(Vector128<float>[] sums, int detector, int minute, WindowLength length)
    {
        if (WindowSums.IsEmpty(sums[detector])) return;
        Emit(WindowSums.Row(sums[detector], minute * 60_000L, detector, length));
        sums[detector] = default;
    }

    private void Emit(in WindowRow row)
    {
        _last[row.Detector * 3 + (int)row.Length - (int)WindowLength.Seconds60] = row;
        _rows.Add(row);
    }

    public void AddTo(ref Digest digest)
    {
        for (int i = 0; i < _five.Length; i++)
        {
            digest.Add(_minute[i]);
            for (int k = 0; k < 4; k++)
            {
                digest.Add(_five[i].GetElement(k));
                digest.Add(_fifteen[i].GetElement(k));
            }
        }
    }
}
