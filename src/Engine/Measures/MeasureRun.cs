namespace CityBrain.Engine.Measures;

/// <summary>What to reckon: which measures into which sinks, over which bins.</summary>
public sealed record MeasurePlan(
    BinSize Bin, DetectorTable Detectors, MeasureSettings Settings,
    IReadOnlyList<(MeasureDefinition Measure, IRowSink Sink)> Measures);

/// <summary>
/// Runs measures over events in one pass. Events must come in the order of <see
/// cref="HiResEvent.CompareTo"/>;
/// one that is earlier than the one before it is refused and counted, one equal to it is the same event told
/// twice and counted as such.
/// </summary>
public sealed class MeasureRun
{
    private readonly BinSize _bin;
    private readonly HasData? _hasData;
    private readonly IMeasure[] _measures;
    private readonly IMeasure[]?[] _byEvent;
    private HiResEvent _last = new(long.MinValue, 0, 0, 0);
    private long _binEndMs = long.MinValue;
    private bool _finished;

    public MeasureRun(MeasurePlan plan)
    {
        string? wrong = Check(plan);
        if (wrong is not null)
        {
            throw new ArgumentException(wrong, nameof(plan));
        }

        _bin = plan.Bin;
        var builder = new MeasureBuilder(plan);
        _measures = [.. plan.Measures.Select(m => builder.Build(m.Measure, m.Sink)).OfType<IMeasure>()];
        _hasData = builder.HasData;
        _byEvent = Dispatch(_measures);
    }

    /// <summary>Events taken.</summary>
    public long Events { get; private set; }

    /// <summary>Events refused for coming out of order.</summary>
    public long OutOfOrder { get; private set; }

    /// <summary>Events that were told before: same time, device, id and parameter.</summary>
    public long Repeated { get; private set; }

    /// <summary>What is wrong with a plan, or null.</summary>
    public static string? Check(MeasurePlan plan)
    {
        double partMs = plan.Settings.Number(MeasureCatalog.HasData, "no_data_min") * 60_000;
        bool needsParts = plan.Measures.Any(
            m => m.Measure == MeasureCatalog.HasData || m.Measure == MeasureCatalog.Coordination);
        return needsParts && plan.Bin.WidthMs % partMs != 0
            ? "has_data.no_data_min must divide the bin"
            : null;
    }

    public void Accept(ReadOnlySpan<HiResEvent> events)
    {
        foreach (ref readonly HiResEvent e in events)
        {
            Accept(in e);
        }
    }

    public void Accept(in HiResEvent e)
    {
        if (e.TimeMs <= _last.TimeMs && !InOrder(in e))
        {
            return;
        }

        _last = e;
        Events++;
        if (e.TimeMs >= _binEndMs)
        {
            BeginBin(e.TimeMs);
        }

        _hasData?.Accept(in e);
        IMeasure[]?[] byEvent = _byEvent;
        if (e.EventId < byEvent.Length && byEvent[e.EventId] is { } measures)
        {
            foreach (IMeasure measure in measures)
            {
                measure.Accept(in e);
            }
        }
    }

    /// <summary>The log ends. Nothing may follow.</summary>
    public void Finish()
    {
        if (_finished)
        {
            return;
        }

        _finished = true;
        _hasData?.Finish();
        foreach (IMeasure measure in _measures)
        {
            measure.Finish(_binEndMs);
        }
    }

    private bool InOrder(in HiResEvent e)
    {
        int order = e.CompareTo(_last);
        if (order > 0)
        {
            return true;
        }

        if (order == 0)
        {
            Repeated++;
        }
        else
        {
            OutOfOrder++;
        }

        return false;
    }

    private void BeginBin(long timeMs)
    {
        long startMs = _bin.Start(timeMs);
        _binEndMs = _bin.End(startMs);
        _hasData?.BeginBin(startMs);
        foreach (IMeasure measure in _measures)
        {
            measure.BeginBin(startMs);
        }
    }

    private static IMeasure[]?[] Dispatch(IMeasure[] measures)
    {
        int most = measures.SelectMany(m => m.Events).DefaultIfEmpty().Max(id => (int)id);
        var byEvent = new IMeasure[]?[most + 1];
        foreach (IMeasure measure in measures)
        {
            foreach (ushort id in measure.Events.Distinct())
            {
                byEvent[id] = [.. byEvent[id] ?? [], measure];
            }
        }

        return byEvent;
    }
}
