using CityBrain.Engine.Measures;
using CityBrain.Model.HiRes;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace CityBrain.Engine.Tests.Measures;

/// <summary>
/// However a log is cut into batches, every measure writes the same rows in the same order.
/// </summary>
public class BatchingTests
{
    private const string Detectors = "1>2 Presence,2>2 Presence,3>2 Advance,4>2 YellowRed,5>6 Presence,3>6 Advance";
    private const string Settings =
        "actuations.fill_in_missing=1 arrival_on_green.latency_offset_seconds=1.5 yellow_red.latency_offset_seconds=2";

    private static readonly ushort[] Ids =
    [
        0, 1, 1, 1, 4, 5, 6, 7, 8, 8, 8, 10, 10, 10, 12, 21, 22, 43, 43, 44, 61, 63, 65, 81, 81, 81, 82, 82, 82, 82,
        83, 87, 90, 102, 104, 113, 131, 132, 150, 174, 300, 316, 400,
    ];

    private static readonly ushort[] Parameters = [1, 2, 2, 2, 3, 4, 5, 6];

    [Fact]
    public void RowsDoNotDependOnTheCutting()
    {
        Gen<HiResEvent[]> log =
            from steps in Gen.ArrayOf(Step())
            select Ordered(steps);
        Gen<(HiResEvent[] Log, int[] Cuts)> cases =
            from events in log
            from cuts in Gen.ArrayOf(Gen.Choose(1, 40))
            select (events, cuts);
        Prop.ForAll(cases.ToArbitrary(), c => Assert.Equal(Whole(c.Log), InPieces(c.Log, c.Cuts)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithEndSize(600));
    }

    private static Gen<(int GapDs, ushort Id, ushort Parameter, int Device)> Step() =>
        from gap in Gen.Frequency((8, Gen.Choose(0, 30)), (1, Gen.Choose(0, 6000)))
        from id in Gen.Elements(Ids)
        from parameter in Gen.Elements(Parameters)
        from device in Gen.Choose(0, 1)
        select (gap, id, parameter, device);

    private static HiResEvent[] Ordered((int GapDs, ushort Id, ushort Parameter, int Device)[] steps)
    {
        long timeMs = Logs.At("11:50");
        var events = new List<HiResEvent>();
        foreach ((int gapDs, ushort id, ushort parameter, int device) in steps)
        {
            timeMs += gapDs * 100;
            events.Add(new HiResEvent(timeMs, device, id, parameter));
        }

        events.Sort();
        return [.. events];
    }

    private static string[] Whole(HiResEvent[] log) => Run(run => run.Accept(log));

    private static string[] InPieces(HiResEvent[] log, int[] cuts) => Run(run =>
    {
        int at = 0;
        for (int i = 0; at < log.Length; i++)
        {
            int length = Math.Min(cuts.Length == 0 ? 1 : cuts[i % cuts.Length], log.Length - at);
            run.Accept(log.AsSpan(at, length));
            at += length;
        }
    });

    private static string[] Run(Action<MeasureRun> feed)
    {
        (MeasureDefinition Measure, RowList Rows)[] measures =
            [.. MeasureCatalog.All.Select(m => (m, new RowList()))];
        var run = new MeasureRun(
            Logs.Plan(Detectors, Settings, 15, [.. measures.Select(m => (m.Measure, (IRowSink)m.Rows))]));
        feed(run);
        run.Finish();
        return [.. measures.SelectMany(m => m.Rows.Rows.Select(r => m.Measure.Name + " " + r))];
    }
}
