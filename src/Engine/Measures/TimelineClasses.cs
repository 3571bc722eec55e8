namespace CityBrain.Engine.Measures;

/// <summary>
/// The classes of the timeline by the names agencies' tools read, and the rules that make them.
/// </summary>
internal static class TimelineClasses
{
    /// <summary>Names by class; class 0 is none.</summary>
    public static readonly string[] Names =
    [
        "", "Green", "Yellow", "Red", "Ped Service", "Overlap Ped", "FYA", "Phase Call", "Phase Hold",
        "Phase Omit", "Ped Omit", "Split", "Preempt", "TSP Call", "TSP Adjustment", "TSP Service",
        "TSP Detector", "Other", "Watchdog", "Stuck Off", "Stuck On", "Erratic", "Ped Detector Failed",
        "Overlap Green", "Overlap Trail Green", "Overlap Yellow", "Overlap Red", "Special Function",
        "Advance Warning Phase", "Advance Warning Overlap", "Aux Switch", "Stop Time Input", "Manual Control",
        "Interval Advance", "Power Failure", "Power Restored", "Clock Update", "Pattern Change",
        "Cycle Length Change", "Offset Change", "Transition Longway", "Transition Shortway",
        "Transition Dwell", "Flash - Other", "Flash - Not Flash", "Flash - Automatic", "Flash - Local Manual",
        "Flash - Fault Monitor", "Flash - MMU", "Flash - Startup", "Flash - Preempt", "Cycle Fault",
        "Coord Fault", "Coord Fail", "Cycle Fail", "MMU Flash", "Local Flash", "Alarm Group State",
        "Ped Delay", "Phase Wait",
    ];

    public static IntervalRule[] Rules(long momentMs) =>
    [
        .. Pairs(), .. States(momentMs), .. Moments(momentMs),
        new PedWaitRule(Class("Ped Delay")),
        new PhaseWaitRule(Class("Phase Wait")),
    ];

    private static int Class(string name) => Array.IndexOf(Names, name) is var i and > 0
        ? i
        : throw new ArgumentException($"no class {name}", nameof(name));

    private static IEnumerable<IntervalRule> Pairs()
    {
        yield return Pair(1, 7, "Green");
        yield return Pair(8, 9, "Yellow");
        yield return Pair(10, 11, "Red");
        yield return Pair(21, 23, "Ped Service");
        yield return Pair(67, 65, "Overlap Ped");
        yield return Pair(32, 33, "FYA");
        yield return Pair(43, 44, "Phase Call");
        yield return Pair(41, 42, "Phase Hold");
        yield return Pair(46, 47, "Phase Omit");
        yield return Pair(48, 49, "Ped Omit");
        yield return Pair(0, 12, "Split");
        yield return Pair(102, 104, "Preempt");
        yield return Pair(112, 115, "TSP Call");
        yield return Pair(118, 119, "TSP Service");
        yield return Pair(94, 93, "TSP Detector");
        yield return Pair(91, 92, "Ped Detector Failed");
        yield return Pair(176, 177, "Special Function");
        yield return Pair(55, 56, "Advance Warning Phase");
        yield return Pair(71, 72, "Advance Warning Overlap");
        yield return new PairRule(
        [
            (84, Class("Other")), (85, Class("Watchdog")), (86, Class("Stuck Off")),
            (87, Class("Stuck On")), (88, Class("Erratic")),
        ], EventIds.DetectorRestored);
        yield return new ToggleRule(202, Class("Aux Switch"));
        yield return new ToggleRule(180, Class("Stop Time Input"));
        yield return new ToggleRule(178, Class("Manual Control"));
    }

    private static IEnumerable<IntervalRule> States(long momentMs)
    {
        yield return new StateRule(
        [
            (EventIds.OverlapBeginGreen, Class("Overlap Green")),
            (EventIds.OverlapTrailingGreen, Class("Overlap Trail Green")),
            (EventIds.OverlapBeginYellow, Class("Overlap Yellow")),
            (EventIds.OverlapBeginRed, Class("Overlap Red")),
        ], [EventIds.OverlapOff, EventIds.OverlapDark], validBetweenEqual: false);
        yield return new StateRule(
            [(113, Class("TSP Adjustment")), (114, Class("TSP Adjustment"))], [115], validBetweenEqual: true);
        yield return new ParameterRule(EventIds.CoordinationState, Transition, false, 4, -1);
        yield return new ParameterRule(EventIds.FlashStatus, Flash, false, ushort.MaxValue, momentMs);
        yield return new ParameterRule(EventIds.AlarmStatus, Alarms, false, ushort.MaxValue, momentMs);
        int group = Class("Alarm Group State");
        yield return new ParameterRule(EventIds.AlarmGroup, _ => [group], true, ushort.MaxValue, momentMs);
    }

    private static IEnumerable<IntervalRule> Moments(long momentMs)
    {
        yield return new MomentRule(EventIds.PatternChange, Class("Pattern Change"), true, momentMs);
        yield return new MomentRule(EventIds.CycleLengthChange, Class("Cycle Length Change"), true, momentMs);
        yield return new MomentRule(EventIds.OffsetChange, Class("Offset Change"), true, momentMs);
        yield return new MomentRule(179, Class("Interval Advance"), true, momentMs);
        yield return new MomentRule(181, Class("Clock Update"), true, momentMs);
        yield return new MomentRule(182, Class("Power Failure"), false, momentMs);
        yield return new MomentRule(184, Class("Power Restored"), false, momentMs);
    }

    private static PairRule Pair(ushort begin, ushort end, string name) => new([(begin, Class(name))], end);

    private static IEnumerable<int> Transition(ushort parameter) => parameter switch
    {
        2 => [Class("Transition Longway")],
        3 => [Class("Transition Shortway")],
        4 => [Class("Transition Dwell")],
        _ => [],
    };

    private static IEnumerable<int> Flash(ushort parameter) =>
        parameter is >= 1 and <= 8 ? [Class("Flash - Other") + parameter - 1] : [];

    private static IEnumerable<int> Alarms(ushort parameter)
    {
        for (int bit = 0; bit < 6; bit++)
        {
            if ((parameter & (1 << bit)) != 0)
            {
                yield return Class("Cycle Fault") + bit;
            }
        }
    }
}
