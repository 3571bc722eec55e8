using Xunit;

namespace CityBrain.Engine.Tests.Measures;

public class TimelineTests
{
    private static string[] Rows(string log, string settings = "") => Logs.Rows("timeline", log, "", settings);

    [Fact]
    public void PairsBecomeIntervals() => Assert.Equal(
        [
            "12:00:01.0 12:00:21.5 20.5 valid Green 2",
            "12:00:21.5 12:00:25.0 3.5 valid Yellow 2",
            "12:00:25.0 12:00:26.0 1 valid Red 2",
        ],
        Rows("12:00:01 1 2\n12:00:21.5 7 2 8 2\n12:00:25 9 2 10 2\n12:00:26 11 2"));

    [Fact]
    public void AMissingEndReachesToTheNextBeginAndIsNotValid() => Assert.Equal(
        ["12:00:01.0 12:00:05.0 4 invalid Phase_Call 2", "12:00:05.0 12:00:06.0 1 valid Phase_Call 2"],
        Rows("12:00:01 43 2\n12:00:05 43 2\n12:00:06 44 2\n12:00:07 44 2"));

    [Fact]
    public void WhatIsOpenWhenTheLogEndsIsNotWritten() => Assert.Empty(Rows("12:00:01 46 2"));

    [Fact]
    public void AnEndAndABeginInOneTickAreTwoIntervals() => Assert.Equal(
        ["12:00:01.0 12:00:05.0 4 valid Phase_Call 2", "12:00:05.0 12:00:09.0 4 valid Phase_Call 2"],
        Rows("12:00:01 43 2\n12:00:05 44 2 43 2\n12:00:09 44 2"));

    [Fact]
    public void DetectorFaultsEndWithTheirRestoring() => Assert.Equal(
        ["12:00:01.0 12:00:04.0 3 invalid Stuck_On 5", "12:00:04.0 12:00:09.0 5 valid Erratic 5"],
        Rows("12:00:01 87 5\n12:00:04 88 5\n12:00:09 83 5"));

    [Fact]
    public void MomentsLastAsLongAsAsked() => Assert.Equal(
        ["12:00:01.0 12:00:03.0 2 valid Pattern_Change 7", "12:00:02.0 12:00:04.0 2 valid Power_Failure -"],
        Rows("12:00:01 131 7\n12:00:02 182 1", "timeline.cushion_time=2"));

    [Fact]
    public void ShortIntervalsAreLeftOutWhenAsked() => Assert.Equal(
        ["12:00:05.0 12:00:06.0 1 valid Phase_Hold 2"],
        Rows("12:00:01 41 2\n12:00:01.9 42 2\n12:00:05 41 2\n12:00:06 42 2", "timeline.min_duration=1"));

    [Fact]
    public void AlarmsOfOneEventAreSeveral() => Assert.Equal(
        [
            "12:00:01.0 12:00:05.0 4 valid Cycle_Fault -", "12:00:01.0 12:00:05.0 4 valid Coord_Fail -",
            "12:00:06.0 12:00:07.0 1 valid Flash_-_MMU -",
        ],
        Rows("12:00:01 174 5\n12:00:05 174 0\n12:00:06 173 6"));

    [Fact]
    public void TransitionsLastUntilTheNextStateOfCoordination() => Assert.Equal(
        ["12:00:01.0 12:00:01.0 0 valid Transition_Dwell -", "12:00:02.0 12:00:09.0 7 valid Transition_Shortway -"],
        Rows("12:00:01 150 1 150 4\n12:00:02 150 3\n12:00:05 150 7\n12:00:09 150 1"));

    [Fact]
    public void PriorityIsCalledAdjustedAndServed() => Assert.Equal(
        [
            "12:00:05.0 12:00:09.0 4 valid TSP_Service 1", "12:00:01.0 12:00:10.0 9 valid TSP_Call 1",
            "12:00:02.0 12:00:10.0 8 valid TSP_Adjustment 1",
        ],
        Rows("12:00:01 112 1\n12:00:02 113 1\n12:00:05 118 1\n12:00:09 119 1\n12:00:10 115 1"));

    [Fact]
    public void OverlapsLastUntilTheirNextState() => Assert.Equal(
        [
            "12:00:01.0 12:00:20.0 19 valid Overlap_Green 3", "12:00:20.0 12:00:23.0 3 valid Overlap_Yellow 3",
            "12:00:23.0 12:00:24.0 1 valid Overlap_Red 3",
        ],
        Rows("12:00:01 61 3\n12:00:20 63 3\n12:00:23 64 3\n12:00:24 65 3"));

    [Fact]
    public void WaitsStandInTheTimelineToo() => Assert.Equal(
        ["12:00:01.0 12:00:09.0 8 valid Ped_Delay 2", "12:00:02.0 12:00:12.0 10 valid Phase_Wait 2"],
        Rows("12:00:01 90 2\n12:00:02 43 2\n12:00:09 21 2\n12:00:12 1 2"));

    [Fact]
    public void TogglesGoByTheirParameter() => Assert.Equal(
        ["12:00:01.0 12:00:03.0 2 valid Stop_Time_Input 1"], Rows("12:00:01 180 1\n12:00:03 180 0\n12:00:04 180 0"));
}
