using System.Numerics;
using CityBrain.Model;

namespace CityBrain.Engine.Windows;

/// <summary>Lengths of the event-time windows.</summary>
public enum WindowLength : byte { Seconds5, Seconds60, Minutes5, Minutes15 }

/// <summary>A closed window of one detector. Its readings are those with StartMs &lt;= time &lt; StartMs + length.</summary>
/// <param name="StartMs">Begin of the window, milliseconds of the feed's clock; a multiple of its length.</param>
/// <param name="Detector">Dense index.</param>
/// <param name="Length">How long it is.</param>
/// <param name="Readings">Readings in it.</param>
/// <param name="Count">Vehicles.</param>
/// <param name="Occupancy">Mean share of time occupied, 0..1.</param>
/// <param name="SpeedMps">Mean speed weighted by flow, m/s; NaN without a vehicle.</param>
public readonly record struct WindowRow(
    long StartMs, int Detector, WindowLength Length, int Readings, float Count, float Occupancy, float SpeedMps)
{
    public static int LengthMs(WindowLength length) => length switch
    {
        WindowLength.Seconds5 => 5_000,
        WindowLength.Seconds60 => 60_000,
        WindowLength.Minutes5 => 300_000,
        _ => 900_000,
    };
}

/// <summary>
/// Closed windows on their way to whoever keeps them: a ring of fixed size. When nobody fetches them the oldest are
/// overwritten, and counted.
/// </summary>
public sealed class WindowRows
{
    private readonly WindowRow[] _rows;
    private long _written;
    private long _read;

    /// <param name="capacity">Rows kept, rounded up to a power of two.</param>
    public WindowRows(int capacity) => _rows = new WindowRow[BitOperations.RoundUpToPowerOf2((uint)capacity)];

    /// <summary>Rows ever closed.</summary>
    public long Closed => _written;

    /// <summary>Rows overwritten before anyone fetched them.</summary>
    public long Overwritten { get; private set; }

    /// <summary>Copies the oldest rows not yet fetched; returns how many.</summary>
    public int Fetch(Span<WindowRow> into)
    {
        int count = (int)Math.Min(into.Length, _written - _read);
        for (int i = 0; i < count; i++) into[i] = _rows[(int)_read++ & (_rows.Length - 1)];
        return count;
    }

    internal void Add(in WindowRow row)
    {
        if (_written - _read == _rows.Length)
        {
            _read++;
            Overwritten++;
        }
        _rows[(int)_written++ & (_rows.Length - 1)] = row;
    }
}
