using Xunit;

namespace CityBrain.Engine.Tests.Measures;

public class SplitFailureTests
{
    private const string Cycle = "12:00:10 1 2\n12:00:30 8 2\n12:00:34 10 2\n12:00:50 1 2\n";

    private static string[] Rows(string log, string detectors = "4>2 Presence") =>
        Logs.Rows("split_failures", log, detectors);

    [Fact]
    public void OccupiedAllGreenAndRedIsAFailure() => Assert.Equal(
        ["12:00 2 20 1 1 1"], Rows(Cycle + "12:00:05 82 4\n12:00:45 81 4"));

    [Fact]
    public void SharesAreOfTheGreenAndTheFirstFiveSecondsOfRed() => Assert.Equal(
        ["12:00 2 20 0.25 0.6 0"],
        Rows(Cycle + "12:00:05 82 4\n12:00:15 81 4\n12:00:36 82 4\n12:00:40 81 4"));

    [Fact]
    public void ExactlyTheThresholdsFail() => Assert.Equal(
        ["12:00 2 20 0.8 0.8 1"],
        Rows(Cycle + "12:00:05 82 4\n12:00:26 81 4\n12:00:35 82 4\n12:00:40 81 4"));

    [Fact]
    public void DetectorsOfAPhaseAreOred() => Assert.Equal(
        ["12:00 2 20 0.75 0 0"],
        Rows(Cycle + "12:00:05 82 4\n12:00:20 81 4\n12:00:05 82 5\n12:00:15 81 5\n12:00:25 82 5\n12:00:30 81 5",
            "4>2 Presence,5>2 Presence"));

    [Fact]
    public void AnOnThatFollowsAnOnWithinTwoSecondsStaysOn() => Assert.Equal(
        ["12:00 2 20 0.5 0 0"], Rows(Cycle + "12:00:05 82 4\n12:00:06 81 4\n12:00:12 82 4\n12:00:14 82 4\n12:00:22 81 4"));

    [Fact]
    public void AnOnThatFollowsAnOnLaterIsClosedHalfWay() => Assert.Equal(
        ["12:00 2 20 0.5 0 0"], Rows(Cycle + "12:00:05 82 4\n12:00:06 81 4\n12:00:12 82 4\n12:00:20 82 4\n12:00:26 81 4"));

    [Fact]
    public void AnOffThatFollowsAnOffIsOpenedHalfWay() => Assert.Equal(
        ["12:00 2 20 0.2 0 0"], Rows(Cycle + "12:00:05 82 4\n12:00:12 81 4\n12:00:16 81 4"));

    [Fact]
    public void AnEdgeImputedLongAfterwardsStillCountsInItsCycle() => Assert.Equal(
        ["12:00 2 20 1 1 1"], Rows(Cycle + "12:00:05 82 4\n12:04:00 82 4\n12:04:30 81 4"));

    [Fact]
    public void ACycleIsCompleteOnlyWithOneYellowAndAKnownOccupancy()
    {
        Assert.Empty(Rows("12:00:10 1 2\n12:00:34 10 2\n12:00:50 1 2\n12:00:05 82 4\n12:00:06 81 4"));
        Assert.Empty(Rows("12:00:30 8 2\n12:00:34 10 2\n12:00:50 1 2\n12:00:05 82 4\n12:00:06 81 4"));
        Assert.Empty(Rows(Cycle + "12:00:10 82 4\n12:00:15 81 4"));
    }

    [Fact]
    public void ARedShorterThanTheBarrierMakesNoCompleteCycle() => Assert.Empty(
        Rows("12:00:05 82 4\n12:00:06 81 4\n12:00:10 1 2\n12:00:30 8 2\n12:00:34 10 2\n12:00:37 1 2\n"
            + "12:00:50 8 2\n12:00:54 10 2\n12:01:30 1 2"));

    [Fact]
    public void TheBinIsThatOfTheBarrier() => Assert.Equal(
        ["12:15 2 40 0 0 0"],
        Rows("12:00:05 82 4\n12:00:06 81 4\n12:14:10 1 2\n12:14:50 8 2\n12:14:56 10 2\n12:20:00 1 2"));

    [Fact]
    public void TheLastCycleCountsWhenItsBarrierComesBeforeTheEndOfItsBin()
    {
        const string start = "12:00:05 82 4\n12:00:06 81 4\n12:14:10 1 2\n12:14:50 8 2\n";
        Assert.Equal(["12:00 2 40 0 0 0"], Rows(start + "12:14:54.9 10 2"));
        Assert.Empty(Rows(start + "12:14:55 10 2"));
    }

    [Fact]
    public void BinsAreMeansOfTheirCyclesAndSumsOfFailures() => Assert.Equal(
        ["12:00 2 15 0.5 0.5 1"],
        Rows("12:00:05 82 4\n12:00:10 1 2\n12:00:30 8 2\n12:00:34 10 2\n12:00:40 81 4\n"
            + "12:00:50 1 2\n12:01:00 8 2\n12:01:04 10 2\n12:01:30 1 2"));
}
