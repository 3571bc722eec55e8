using System.Runtime.CompilerServices;

namespace CityBrain.Engine.Measures;

/// <summary>Counts of one device and number in the bin at hand.</summary>
internal struct Tally
{
    public long Sum;
    public int First;
    public int Second;
    public int Third;
    public bool Touched;
}

/// <summary>
/// A measure that counts in the bin at hand and writes a row per device and number touched in it, ordered by
/// device, then number.
/// </summary>
internal abstract class TallyMeasure(RowSchema schema, IRowSink sink) : IMeasure
{
    private readonly CellGrid<Tally> _tallies = new();
    private long[] _touched = new long[64];
    private int _touchedCount;

    public RowSchema Schema { get; } = schema;

    public abstract IReadOnlyList<ushort> Events { get; }

    protected IRowSink Sink { get; } = sink;

    /// <summary>Start of the bin at hand, ms.</summary>
    protected long BinStartMs { get; private set; }

    public abstract void Accept(in HiResEvent e);

    public virtual void BeginBin(long startMs)
    {
        Flush();
        BinStartMs = startMs;
    }

    public virtual void Finish(long endMs) => Flush();

    protected abstract void WriteRows(int device, int number, in Tally tally);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    protected ref Tally At(int device, int number)
    {
        ref Tally tally = ref _tallies.At(device, number);
        if (!tally.Touched)
        {
            tally.Touched = true;
            Touch(device, number);
        }

        return ref tally;
    }

    /// <summary>Writes what the bin holds and starts counting anew.</summary>
    protected void Flush()
    {
        Array.Sort(_touched, 0, _touchedCount);
        for (int i = 0; i < _touchedCount; i++)
        {
            int device = (int)(_touched[i] >> 16);
            int number = (int)(_touched[i] & 0xFFFF);
            ref Tally tally = ref _tallies.At(device, number);
            WriteRows(device, number, in tally);
            tally = default;
        }

        _touchedCount = 0;
    }

    private void Touch(int device, int number)
    {
        if (_touchedCount == _touched.Length)
        {
            Array.Resize(ref _touched, _touched.Length * 2);
        }

        _touched[_touchedCount++] = ((long)device << 16) | (uint)number;
    }
}
