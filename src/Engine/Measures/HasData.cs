namespace CityBrain.Engine.Measures;

/// <summary>Is told, in order of devices, of every bin that has data.</summary>
internal interface IHasDataListener
{
    void HasData(long binStartMs, int device);
}

/// <summary>
/// <c>has_data</c>: a device has data in a bin when every [5]-minute part of it holds at least [3] events
/// with
/// id up to 218 (the vendors' own, above, may be reports made without the controller).
/// </summary>
internal sealed class HasData(BinSize bin, long partMs, int minEvents)
{
    public static readonly RowSchema Layout = RowSchema.Binned("has_data");

    private readonly List<IHasDataListener> _listeners = [];
    private State[] _devices = new State[16];
    private long _binStartMs;
    private long _partEndMs = long.MinValue;
    private int _parts;

    public void Tell(IHasDataListener listener) => _listeners.Add(listener);

    public void Accept(in HiResEvent e)
    {
        if (e.EventId > EventIds.LastStandard)
        {
            return;
        }

        if (e.TimeMs >= _partEndMs)
        {
            BeginPart(e.TimeMs);
        }

        if ((uint)e.Device >= (uint)_devices.Length)
        {
            Array.Resize(ref _devices, Math.Max(e.Device + 1, _devices.Length * 2));
        }

        _devices[e.Device].Events++;
    }

    public void BeginBin(long startMs)
    {
        Flush();
        _binStartMs = startMs;
        _partEndMs = startMs + partMs;
        _parts = (int)((bin.End(startMs) - startMs + partMs - 1) / partMs);
    }

    public void Finish() => Flush();

    private void BeginPart(long timeMs)
    {
        EndPart();
        _partEndMs = timeMs - ((timeMs - _binStartMs) % partMs) + partMs;
    }

    private void EndPart()
    {
        foreach (ref State device in _devices.AsSpan())
        {
            device.FullParts += device.Events >= minEvents ? 1 : 0;
            device.Events = 0;
        }
    }

    private void Flush()
    {
        EndPart();
        for (int device = 0; device < _devices.Length; device++)
        {
            if (_parts > 0 && _devices[device].FullParts == _parts)
            {
                foreach (IHasDataListener listener in _listeners)
                {
                    listener.HasData(_binStartMs, device);
                }
            }

            _devices[device].FullParts = 0;
        }
    }

    private struct State
    {
        public int Events;
        public int FullParts;
    }
}

/// <summary>Writes the rows of <c>has_data</c>.</summary>
internal sealed class HasDataRows(IRowSink sink) : IHasDataListener
{
    public void HasData(long binStartMs, int device) => sink.Write(new MeasureRow(binStartMs, device));
}

/// <summary>
/// <c>coordination</c>: pattern (131), cycle length (132, s), actual cycle length (316, s) and actual offset
/// (318, s): the last value in the bin, else that of an earlier bin, 0 before the first; a row per bin that
/// has
/// data.
/// </summary>
internal sealed class Coordination(IRowSink sink) : IMeasure, IHasDataListener
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "coordination", ("Pattern", ColumnKind.Integer), ("CycleLength", ColumnKind.Integer),
        ("ActualCycleLength", ColumnKind.Integer), ("ActualOffset", ColumnKind.Integer));

    private readonly CellGrid<Values> _devices = new();

    public RowSchema Schema => Layout;

    public IReadOnlyList<ushort> Events { get; } =
    [
        EventIds.PatternChange, EventIds.CycleLengthChange, EventIds.ActualCycleLength, EventIds.ActualOffset,
    ];

    public void Accept(in HiResEvent e)
    {
        ref Values values = ref _devices.At(e.Device, 0);
        switch (e.EventId)
        {
            case EventIds.PatternChange: values.Pattern = e.Parameter; break;
            case EventIds.CycleLengthChange: values.CycleLength = e.Parameter; break;
            case EventIds.ActualCycleLength: values.ActualCycleLength = e.Parameter; break;
            default: values.ActualOffset = e.Parameter; break;
        }
    }

    public void HasData(long binStartMs, int device)
    {
        Values v = _devices.At(device, 0);
        sink.Write(new MeasureRow(
            binStartMs, device, v.Pattern, v.CycleLength, v.ActualCycleLength, v.ActualOffset));
    }

    /// <summary>The rows are written as <see cref="Measures.HasData"/> tells of its bins.</summary>
    public void BeginBin(long startMs)
    {
    }

    public void Finish(long endMs)
    {
    }

    private struct Values
    {
        public int Pattern;
        public int CycleLength;
        public int ActualCycleLength;
        public int ActualOffset;
    }
}
