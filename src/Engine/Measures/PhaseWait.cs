namespace CityBrain.Engine.Measures;

/// <summary>
/// The wait of a phase: from a phase call (43) to the begin green (1) that is the phase's next event of the
/// two. A call that is called again before green waits from the later call.
/// </summary>
internal sealed class CallToGreen
{
    private readonly CellGrid<Call> _calls = new();

    /// <summary>True when a begin green ends a wait, which began at <paramref name="startMs"/>.</summary>
    public bool Ends(in HiResEvent e, out long startMs)
    {
        ref Call call = ref _calls.At(e.Device, e.Parameter);
        startMs = call.StartMs;
        bool ends = e.EventId == EventIds.BeginGreen && call.Waiting;
        call.Waiting = e.EventId == EventIds.PhaseCall;
        call.StartMs = e.TimeMs;
        return ends;
    }

    private struct Call
    {
        public long StartMs;
        public bool Waiting;
    }
}

/// <summary>
/// <c>phase_wait</c>: mean of the waits (<see cref="CallToGreen"/>), s, in the bin of the green. Waits that
/// start during a preemption (102 to 104) or less than [120 s] after it are left out. A wait longer than
/// [1.5]
/// times the cycle length in force (132; the longer of those at its start and its end; [140 s] when free)
/// counts as a skip.
/// </summary>
internal sealed class PhaseWait(
    IRowSink sink, long preemptRecoveryMs, double assumedCycleS, double skipMultiplier)
    : TallyMeasure(Layout, sink)
{
    public static readonly RowSchema Layout = RowSchema.Binned(
        "phase_wait", ("Phase", ColumnKind.Integer), ("AvgPhaseWait", ColumnKind.Real),
        ("TotalSkips", ColumnKind.Integer));

    private readonly CallToGreen _waits = new();
    private readonly CellGrid<CallState> _calls = new();
    private readonly CellGrid<bool> _preempts = new();
    private readonly CellGrid<DeviceState> _devices = new();

    public override IReadOnlyList<ushort> Events { get; } =
    [
        EventIds.PhaseCall, EventIds.BeginGreen, EventIds.PreemptOn, EventIds.PreemptOff,
        EventIds.CycleLengthChange,
    ];

    public override void Accept(in HiResEvent e)
    {
        switch (e.EventId)
        {
            case EventIds.PhaseCall:
                _waits.Ends(in e, out _);
                Call(in e);
                break;
            case EventIds.BeginGreen:
                if (_waits.Ends(in e, out long startMs))
                {
                    Green(in e, startMs);
                }

                break;
            case EventIds.CycleLengthChange:
                _devices.At(e.Device, 0).CycleS = e.Parameter;
                break;
            default:
                Preempt(in e);
                break;
        }
    }

    protected override void WriteRows(int device, int number, in Tally tally) =>
        Sink.Write(new MeasureRow(BinStartMs, device, number,
            MeasureRow.Bits(tally.Sum / 1000.0 / tally.First), tally.Second));

    private void Call(in HiResEvent e)
    {
        ref DeviceState device = ref _devices.At(e.Device, 0);
        bool recovering = device.Preempted && e.TimeMs - device.PreemptEndMs < preemptRecoveryMs;
        _calls.At(e.Device, e.Parameter) = new CallState
        {
            LeftOut = device.ActivePreempts > 0 || recovering,
            CycleS = device.CycleS,
            StartMs = e.TimeMs,
        };
    }

    private void Green(in HiResEvent e, long startMs)
    {
        ref CallState call = ref _calls.At(e.Device, e.Parameter);
        ref DeviceState device = ref _devices.At(e.Device, 0);
        if (call.LeftOut)
        {
            return;
        }

        long waitMs = e.TimeMs - startMs;
        double cycleS = Math.Max(InForce(call.CycleS), InForce(device.CycleS));
        ref Tally tally = ref At(e.Device, e.Parameter);
        tally.First++;
        tally.Sum += waitMs;
        if (waitMs > skipMultiplier * cycleS * 1000)
        {
            tally.Second++;
        }
    }

    private double InForce(int cycleS) => cycleS == 0 ? assumedCycleS : cycleS;

    private void Preempt(in HiResEvent e)
    {
        ref bool active = ref _preempts.At(e.Device, e.Parameter);
        ref DeviceState device = ref _devices.At(e.Device, 0);
        if (e.EventId == EventIds.PreemptOn)
        {
            device.ActivePreempts += active ? 0 : 1;
            active = true;
            LeaveOutCallsOf(e.Device, e.TimeMs);
        }
        else if (active)
        {
            device.ActivePreempts--;
            device.Preempted = true;
            device.PreemptEndMs = e.TimeMs;
            active = false;
        }
    }

    /// <summary>
    /// Calls of the same tick come first in the order of events, yet start in the preemption.
    /// </summary>
    private void LeaveOutCallsOf(int device, long timeMs)
    {
        int phases = _calls.Numbers(device);
        for (int phase = 0; phase < phases; phase++)
        {
            ref CallState call = ref _calls.At(device, phase);
            call.LeftOut |= call.StartMs == timeMs;
        }
    }

    private struct CallState
    {
        public long StartMs;
        public int CycleS;
        public bool LeftOut;
    }

    private struct DeviceState
    {
        public long PreemptEndMs;
        public int ActivePreempts;
        public int CycleS;
        public bool Preempted;
    }
}
