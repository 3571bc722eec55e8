using System.Runtime.Intrinsics;
using CityBrain.Engine.Windows;

namespace CityBrain.Engine.Loops;

/// <summary>How time moves on: cells go to the new minute, windows close.</summary>
internal sealed partial class LoopBank
{
    /// <summary>Cells that a tick looks at: all of them in a small city, a quarter in a large one.</summary>
    private int PerTick => Math.Max(32_768, _count / 4 + 1);

    private int _minute;
    /// <summary>The minute of cells that are not yet in the present one.</summary>
    private int _minuteBefore;
    private bool _otherClosed = true;
    private int _rolled, _closed;

    /// <summary>Where the clock stands; must not go back.</summary>
    /// <param name="nowMs">Milliseconds of the feed's clock.</param>
    /// <param name="latestMs">Readings later than this are impossible.</param>
    public void SetClock(long nowMs, long latestMs)
    {
        _latestMs = latestMs;
        int minute = (int)(nowMs / MinuteMs);
        if (minute != _minute)
        {
            CloseSweep(_count);
            RollSweep(_count);
            (_minuteBefore, _minute) = (_minute, minute);
            (_rolled, _closed, _otherClosed) = (0, _count, false);
            // Tags tell three minutes apart: after a gap all cells go on at once.
            if (_minute - _minuteBefore > 1) RollSweep(_count, always: true);
        }
        if (!_otherClosed && nowMs - minute * (long)MinuteMs >= _latenessMs)
        {
            RollSweep(_count);
            (_closed, _otherClosed) = (0, true);
        }
        RollSweep(PerTick);
        CloseSweep(PerTick);
    }

    private void RollSweep(int cells, bool always = false)
    {
        int end = Math.Min(_count, _rolled + cells);
        uint tag = LoopCell.MinuteTag(_minute);
        for (; _rolled < end; _rolled++)
        {
            ref LoopCell cell = ref Cell(_rolled);
            if ((always || cell.Tag != tag) && cell.Tag != LoopCell.NoLoop) Roll(ref cell, _rolled);
        }
    }

    private void CloseSweep(int cells)
    {
        int end = Math.Min(_count, _closed + cells);
        for (; _closed < end; _closed++)
            if (_otherMinute[_closed] < _minute) Close(_closed);
    }

    /// <summary>
    /// Takes a cell from the minute before to the present one. What came from a detector that was silent
    /// for a whole minute is forgotten: it is older than any open window, and keys tell only some minutes apart.
    /// </summary>
    private void Roll(ref LoopCell cell, int detector)
    {
        Vector128<float> window = cell.Window, early = default;
        if (_otherMinute[detector] <= _minuteBefore) Close(detector);
        bool silent = (cell.Readings == 0 && WindowSums.IsEmpty(_other[detector])) || _minute - _minuteBefore > 2;
        Smoothed(detector, cell.Readings);
        if (_otherMinute[detector] == _minute)
        {
            early = _other[detector];
            _other[detector] = default;
            // Counted when they came; the window's readings count from now on.
            _smoothed[detector] -= (byte)Math.Min(_smoothed[detector], early.GetElement(3));
        }
        if (!WindowSums.IsEmpty(window))
        {
            if (_minuteBefore == _minute - 1) (_other[detector], _otherMinute[detector]) = (window, _minuteBefore);
            else _windows.Add(detector, _minuteBefore, window);
        }
        if (_otherMinute[detector] < _minute - 1) Close(detector);
        cell.Open(early, LoopCell.MinuteTag(_minute), silent ? 0 : cell.Seen);
    }

    /// <summary>Hands over the window beside the present one.</summary>
    private void Close(int detector)
    {
        ref Vector128<float> sums = ref _other[detector];
        if (WindowSums.IsEmpty(sums)) return;
        _windows.Add(detector, _otherMinute[detector], sums);
        sums = default;
    }
}
