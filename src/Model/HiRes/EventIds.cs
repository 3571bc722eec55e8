namespace CityBrain.Model.HiRes;

/// <summary>
/// Numbers of the Indiana Traffic Signal Hi Resolution Data Logger Enumerations used by the measures
/// (Sturdevant et al., Purdue University and INDOT, doi 10.4231/K4RN35SH). 300 and above are vendors' own.
/// </summary>
public static class EventIds
{
    public const ushort PhaseOn = 0;
    public const ushort BeginGreen = 1;
    public const ushort GapOut = 4;
    public const ushort MaxOut = 5;
    public const ushort ForceOff = 6;
    public const ushort GreenTermination = 7;
    public const ushort BeginYellow = 8;
    public const ushort EndYellow = 9;
    public const ushort BeginRedClearance = 10;
    public const ushort EndRedClearance = 11;
    public const ushort PhaseInactive = 12;
    public const ushort BeginWalk = 21;
    public const ushort BeginClearance = 22;
    public const ushort BeginDontWalk = 23;
    public const ushort PhaseCall = 43;
    public const ushort PhaseCallDropped = 44;
    public const ushort OverlapBeginGreen = 61;
    public const ushort OverlapTrailingGreen = 62;
    public const ushort OverlapBeginYellow = 63;
    public const ushort OverlapBeginRed = 64;
    public const ushort OverlapOff = 65;
    public const ushort OverlapDark = 66;
    public const ushort OverlapBeginWalk = 67;
    public const ushort DetectorOff = 81;
    public const ushort DetectorOn = 82;
    public const ushort DetectorRestored = 83;
    public const ushort PedButtonOn = 90;
    public const ushort PreemptOn = 102;
    public const ushort PreemptOff = 104;
    public const ushort PatternChange = 131;
    public const ushort CycleLengthChange = 132;
    public const ushort OffsetChange = 133;
    public const ushort CoordinationState = 150;
    public const ushort FlashStatus = 173;
    public const ushort AlarmStatus = 174;
    public const ushort AlarmGroup = 175;

    /// <summary>
    /// The last id of the public list; higher ones are vendors' own and say nothing of presence.
    /// </summary>
    public const ushort LastStandard = 218;

    public const ushort FirstSplit = 300;
    public const ushort ActualCycleLength = 316;
    public const ushort LastSplit = 317;
    public const ushort ActualOffset = 318;
}
