using Xunit;

namespace CityBrain.Engine.Tests.Measures;

public class WaitTests
{
    [Fact]
    public void PedServicesAndActuationsAreCountedPerPhase() => Assert.Equal(
        ["12:00 2 1 3 1", "12:00 9 1 0 0"],
        Logs.Rows("ped", "12:00:01 90 2\n12:00:16 90 2\n12:00:31.1 90 2\n12:00:40 21 2\n12:01 67 9"));

    [Fact]
    public void UniqueActuationsLookBackOverTheBinsBorder() => Assert.Equal(
        ["12:00 2 0 1 0", "12:15 2 0 2 1"],
        Logs.Rows("ped", "12:14:59 90 2\n12:15:05 90 2\n12:15:12.1 90 2", "", "ped.seconds_between_actuations=7"));

    [Fact]
    public void PedDelayIsFromTheFirstPushToTheWalk() => Assert.Equal(
        ["12:00 2 30 2"],
        Logs.Rows("ped_delay", "12:00:10 90 2\n12:00:20 90 2\n12:00:30 21 2\n12:00:37 22 2\n"
            + "12:01:00 90 2\n12:01:40 21 2"));

    [Fact]
    public void APushDuringTheWalkStartsNoWait() => Assert.Empty(
        Logs.Rows("ped_delay", "12:00:30 21 2\n12:00:32 90 2\n12:00:37 22 2"));

    [Fact]
    public void PedDelayBelongsToTheBinOfTheWalk() => Assert.Equal(
        ["12:15 2 60 1"], Logs.Rows("ped_delay", "12:14:30 90 2\n12:15:30 22 2"));

    [Fact]
    public void PhaseWaitIsFromTheCallToTheGreen() => Assert.Equal(
        ["12:00 2 20 0"],
        Logs.Rows("phase_wait", "12:00:10 43 2\n12:00:15 44 2\n12:00:40 1 2\n12:00:50 1 2\n"
            + "12:01:00 43 2\n12:01:05 43 2\n12:01:15 1 2"));

    [Fact]
    public void AtOneTickTheGreenComesBeforeTheCall() => Assert.Equal(
        ["12:00 2 30 0"], Logs.Rows("phase_wait", "12:00:10 43 2 1 2\n12:00:40 1 2"));

    [Theory]
    [InlineData("", 210, 0)]
    [InlineData("", 210.1, 1)]
    [InlineData("12:00:00 132 60\n", 90, 0)]
    [InlineData("12:00:00 132 60\n", 90.1, 1)]
    [InlineData("12:00:00 132 60\n12:01:00 132 100\n", 149, 0)]
    [InlineData("12:00:00 132 100\n12:01:00 132 60\n", 149, 0)]
    [InlineData("12:00:00 132 60\n12:00:30 132 0\n", 209, 0)]
    public void AWaitOverOneAndAHalfCyclesIsASkip(string before, double waitS, int skips)
    {
        string green = TimeSpan.FromSeconds(50 + waitS).ToString(@"hh\:mm\:ss\.f").Replace("00:", "12:");
        string row = Assert.Single(Logs.Rows("phase_wait", $"{before}12:00:50 43 2\n{green} 1 2", "", "", 60));
        Assert.Equal($"12:00 2 {waitS} {skips}", row);
    }

    [Fact]
    public void WaitsThatStartInOrAfterAPreemptionAreLeftOut()
    {
        static string Wait(string call, string green) => $"{call} 43 2\n{green} 1 2\n";
        const string preempt = "12:01:00 102 1\n12:02:00 104 1\n";
        Assert.Equal(["12:00 2 20 0"], Logs.Rows("phase_wait", preempt + Wait("12:00:50", "12:01:10")));
        Assert.Empty(Logs.Rows("phase_wait", preempt + Wait("12:01:00", "12:01:10")));
        Assert.Empty(Logs.Rows("phase_wait", preempt + Wait("12:01:59", "12:05:10")));
        Assert.Empty(Logs.Rows("phase_wait", preempt + Wait("12:03:59.9", "12:04:10")));
        Assert.Equal(["12:00 2 10 0"], Logs.Rows("phase_wait", preempt + Wait("12:04:00", "12:04:10")));
    }

    [Fact]
    public void TwoPreemptionsEndWithTheLater() => Assert.Empty(
        Logs.Rows("phase_wait", "12:01 102 1\n12:01:10 102 2\n12:01:20 104 1\n12:05 43 2\n12:05:10 1 2\n12:09 104 2"));
}
