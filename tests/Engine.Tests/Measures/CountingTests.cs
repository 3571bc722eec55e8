using CityBrain.Engine.Measures;
using Xunit;

namespace CityBrain.Engine.Tests.Measures;

public class CountingTests
{
    [Fact]
    public void HasDataWantsThreeStandardEventsInEachFiveMinutes()
    {
        string full = string.Concat(Enumerable.Range(0, 9).Select(i => $"12:{i / 3 * 5:00}:0{i % 3} 82 1\n"));
        string vendorOnly = string.Concat(Enumerable.Range(0, 9).Select(i => $"12:{15 + (i / 3 * 5)}:0{i % 3} 219 1\n"));
        string oneShort = string.Concat(Enumerable.Range(0, 8).Select(i => $"12:{30 + (i / 3 * 5)}:0{i % 3} 218 1\n"));

        Assert.Equal(["12:00"], Logs.Rows("has_data", full + vendorOnly + oneShort));
    }

    [Fact]
    public void HasDataCountsEventsThatWereToldTwiceOnce() =>
        Assert.Empty(Logs.Rows("has_data", "12:00 1 1\n12:00 1 1\n12:01 1 1", binMinutes: 5));

    [Fact]
    public void HasDataPartsMustDivideTheBin() =>
        Assert.Throws<ArgumentException>(() => Logs.Rows("has_data", "", "", "has_data.no_data_min=7"));

    [Fact]
    public void ActuationsCountOnEventsPerDetector() => Assert.Equal(
        ["12:00 4 2", "12:00 200 1", "12:15 4 1"],
        Logs.Rows("actuations", "12:00:01 82 4\n12:00:02 81 4\n12:14:59.9 82 4 82 200\n12:15 82 4"));

    [Fact]
    public void ActuationsFillInSilentKnownDetectorsWhenAsked() => Assert.Equal(
        ["12:00 4 1", "12:00 9 0", "12:15 4 0", "12:15 9 0", "12:30 4 0", "12:30 5 1", "12:30 9 0"],
        Logs.Rows(
            "actuations", "12:00 82 4\n12:31 82 5", "9>2 Advance", "actuations.fill_in_missing=1"));

    [Fact]
    public void TerminationsAreNamed() => Assert.Equal(
        ["12:00 2 GapOut 1", "12:00 2 ForceOff 2", "12:00 6 MaxOut 1"],
        Logs.Rows("terminations", "12:00:01 6 2\n12:01 4 2\n12:02 6 2 5 6"));

    [Fact]
    public void SplitsMeanTheVendorEvents() => Assert.Equal(
        ["12:00 300 2 15.5", "12:00 317 1 7"],
        Logs.Rows("splits", "12:00:01 300 11\n12:02 300 20 317 7 299 1 318 1"));

    [Fact]
    public void CommunicationsMeanTheEventsAskedFor()
    {
        const string log = "12:00:01 400 1\n12:01 400 2 502 8 77 5\n12:02 503 4";
        Assert.Equal(["12:00 400 1.5", "12:00 502 8", "12:00 503 4"], Logs.Rows("communications", log));
        Assert.Equal(["12:00 77 5"], Logs.Rows("communications", log, "", "communications.event_codes=77"));
    }

    [Fact]
    public void CoordinationCarriesTheLastValueForward()
    {
        static string Busy(string hhmm) => string.Concat(Enumerable.Range(0, 9).Select(i =>
            $"{TimeSpan.Parse(hhmm).Add(TimeSpan.FromMinutes(i / 3 * 5)).Add(TimeSpan.FromSeconds(1 + i)):hh\\:mm\\:ss} 82 1\n"));
        string log = Busy("12:00") + "12:20 131 5 132 90\n12:20 131 6\n" + Busy("12:30") + "12:40 316 88 318 3\n";

        Assert.Equal(["12:00 0 0 0 0", "12:30 6 90 88 3"], Logs.Rows("coordination", log));
    }

    [Fact]
    public void BinsStartAtMultiplesFromMidnight()
    {
        var seven = new BinSize(7 * 60_000);
        Assert.Equal(Logs.At("11:54"), seven.Start(Logs.At("12:00:59.9")));
        Assert.Equal(Logs.At("23:55"), seven.Start(Logs.At("23:59")));
        Assert.Equal(Logs.At("1.00:00"), seven.End(Logs.At("23:55")));
        Assert.Equal(Logs.At("1.00:00"), seven.Start(Logs.At("1.00:06:59")));
    }

    [Fact]
    public void EventsOutOfOrderAreRefusedAndRepeatsCountOnce()
    {
        var rows = new RowList();
        var run = new MeasureRun(Logs.Plan("", "", 15, (MeasureCatalog.Actuations, rows)));
        foreach (string line in (string[])["12:00:02 82 4", "12:00:02 82 4", "12:00:01 82 4", "12:00:02 82 5"])
        {
            run.Accept(Logs.Read(line));
        }

        run.Finish();
        Assert.Equal((2, 1, 1), (run.Events, run.Repeated, run.OutOfOrder));
        Assert.Equal([1L, 1L], rows.Rows.Select(r => r.B));
    }
}
