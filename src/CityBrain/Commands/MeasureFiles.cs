using CityBrain.Engine.Measures;
using CityBrain.History.HiRes;

namespace CityBrain.Commands;

/// <summary>
/// The files of a run. Rows outside the time asked for are left out. Binned rows are put in order of time,
/// device and columns when the run ends; the timeline's, which may be many, are written as they come.
/// </summary>
internal sealed class MeasureFiles : IDisposable
{
    private readonly MeasureFile[] _files;
    private readonly RowList[] _kept;
    private readonly int[] _rank;

    public MeasureFiles(MeasuresRequest request, string directory, DeviceDirectory devices)
    {
        _files = [.. request.Measures.Select(
            m => MeasureFile.Create(request.Format, directory, m.Schema, devices))];
        _kept = [.. _files.Select(_ => new RowList())];
        _rank = Ranks(devices);

        Sinks = [.. _files.Select((file, i) =>
            new Window(IsTimeline(file) ? file : _kept[i], request.FromMs, request.ToMs))];
    }

    public IReadOnlyList<IRowSink> Sinks { get; }

    public IReadOnlyList<MeasureFile> Written => _files;

    public void Complete()
    {
        for (int i = 0; i < _files.Length; i++)
        {
            RowSchema schema = _files[i].Schema;
            _kept[i].Sort((a, b) => Compare(schema, _rank, in a, in b));
            foreach (MeasureRow row in _kept[i].Rows)
            {
                _files[i].Write(in row);
            }

            _files[i].Complete();
        }
    }

    public void Dispose()
    {
        foreach (MeasureFile file in _files)
        {
            file.Dispose();
        }
    }

    /// <summary>Puts rows in the order they are written in: time, device id, columns.</summary>
    public static void Sort(RowList rows, RowSchema schema, DeviceDirectory devices)
    {
        int[] rank = Ranks(devices);
        rows.Sort((a, b) => Compare(schema, rank, in a, in b));
    }

    private static int[] Ranks(DeviceDirectory devices)
    {
        var rank = new int[devices.Count];
        int[] order = devices.InOrder();
        for (int i = 0; i < order.Length; i++)
        {
            rank[order[i]] = i;
        }

        return rank;
    }

    private static bool IsTimeline(MeasureFile file) => file.Schema == MeasureCatalog.Timeline.Schema;

    private static int Compare(RowSchema schema, int[] rank, in MeasureRow a, in MeasureRow b)
    {
        int order = a.TimeMs.CompareTo(b.TimeMs);
        order = order != 0 ? order : rank[a.Device].CompareTo(rank[b.Device]);
        for (int i = 2; order == 0 && i < schema.Columns.Count; i++)
        {
            MeasureColumn column = schema.Columns[i];
            order = column.Kind == ColumnKind.Real
                ? a.Real(column.Slot).CompareTo(b.Real(column.Slot))
                : a[column.Slot].CompareTo(b[column.Slot]);
        }

        return order;
    }

    private sealed class Window(IRowSink sink, long fromMs, long toMs) : IRowSink
    {
        public void Write(in MeasureRow row)
        {
            if (row.TimeMs >= fromMs && row.TimeMs < toMs)
            {
                sink.Write(in row);
            }
        }
    }
}
