using Xunit;

namespace CityBrain.Engine.Tests.Measures;

public class ArrivalTests
{
    private const string Cycle = "12:00:10 1 2\n12:00:40 8 2\n12:00:44 10 2\n";

    [Fact]
    public void ArrivalsOnGreenAreAShareOfAll() => Assert.Equal(
        ["12:00 2 4 0.5"],
        Logs.Rows("arrival_on_green", Cycle + "12:00:05 82 7\n12:00:15 82 7\n12:00:39.9 82 7\n12:00:41 82 7",
            "7>2 Advance"));

    [Fact]
    public void AtOneTickThePhaseComesBeforeTheArrival() => Assert.Equal(
        ["12:00 2 3 0.333333"],
        Logs.Rows("arrival_on_green", "12:00:10 82 7 1 2\n12:00:40 82 7 8 2\n12:00:44 82 7 10 2", "7>2 Advance"));

    [Fact]
    public void ABinWithNoArrivalOnGreenHasNoRow() => Assert.Empty(
        Logs.Rows("arrival_on_green", Cycle + "12:00:50 82 7", "7>2 Advance"));

    [Fact]
    public void LatencySetsArrivalsBackInTimeAndBin() => Assert.Equal(
        ["12:00 2 2 1"],
        Logs.Rows("arrival_on_green", "12:00:10 1 2\n12:00:41 82 7\n12:00:40 8 2\n12:14:50 1 2\n12:15:00.5 82 7 8 2",
            "7>2 Advance", "arrival_on_green.latency_offset_seconds=1.5"));

    [Fact]
    public void MissingYellowEndsTheGreenAtTheRed() => Assert.Equal(
        ["12:00 2 2 0.5"],
        Logs.Rows("arrival_on_green", "12:00:10 1 2\n12:00:44 10 2\n12:00:20 82 7\n12:00:50 82 7", "7>2 Advance"));

    [Fact]
    public void OneDetectorMayServeTwoPhases() => Assert.Equal(
        ["12:00 2 1 1"],
        Logs.Rows("arrival_on_green", "12:00:10 1 2\n12:00:20 82 7", "7>2 Advance,7>3 Advance"));

    [Fact]
    public void RunningTheRedIsSetAgainstItsCyclesRed() => Assert.Equal(
        ["12:00 2 1 -4.5 1", "12:00 2 8 -2 1", "12:00 2 10 0.5 2", "12:00 2 10 30 1"],
        Logs.Rows("yellow_red", Cycle + "12:00:39.6 82 9\n12:00:42 82 9\n12:00:44.3 82 9\n12:00:44.7 82 9\n"
            + "12:01:14 82 9\n12:01:40 1 2\n12:01:41 82 9", "9>2 YellowRed"));

    [Fact]
    public void ACycleWithoutYellowOrWithTwoIsLeftOut()
    {
        const string log = "12:00:10 1 2\n12:00:44 10 2\n12:00:45 82 9\n"
            + "12:01:10 1 2\n12:01:40 8 2\n12:01:41 8 2\n12:01:44 10 2\n12:01:45 82 9\n"
            + "12:02:10 1 2\n12:02:40 8 2\n12:02:44 10 2\n12:02:46 82 9\n12:03:10 1 2";
        Assert.Equal(["12:00 2 10 2 1"], Logs.Rows("yellow_red", log, "9>2 YellowRed"));
    }

    [Fact]
    public void ARedInTheNextBinTakesItsArrivalsThere() => Assert.Equal(
        ["12:15 2 1 -5 1"],
        Logs.Rows("yellow_red", "12:14:50 1 2\n12:14:57 82 9\n12:14:59 8 2\n12:15:02 10 2", "9>2 YellowRed"));

    [Fact]
    public void TheLeastOffsetLeavesOthersOut() => Assert.Equal(
        ["12:00 2 10 1 1"],
        Logs.Rows("yellow_red", Cycle + "12:00:30 82 9\n12:00:45 82 9", "9>2 YellowRed",
            "yellow_red.min_red_offset=-8"));

    [Fact]
    public void LatencyMovesAnArrivalIntoTheCycleBefore() => Assert.Equal(
        ["12:00 2 10 55.5 1"],
        Logs.Rows("yellow_red", Cycle + "12:01:40 1 2\n12:01:41 82 9\n12:01:50 8 2\n12:01:53 10 2", "9>2 YellowRed",
            "yellow_red.latency_offset_seconds=1.5"));
}
