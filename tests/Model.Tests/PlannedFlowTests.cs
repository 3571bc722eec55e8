using CityBrain.Model;
using FsCheck;
using FsCheck.Fluent;

namespace CityBrain.Model.Tests;

public class PlannedFlowTests
{
    private static float[] Read(byte[] record) =>
        [.. Enumerable.Range(0, PlannedFlow.Seconds).Select(t => PlannedFlow.Of(record, 0)[t])];

    private static byte[] Write(float[] flow, int lane = 7)
    {
        var record = new byte[PlannedFlow.Size];
        PlannedFlow.Write(record, lane, PlannedPlace.Exit, flow);
        return record;
    }

    [Fact]
    public void Flows_come_back_and_the_vehicles_up_to_any_second_are_right_to_a_128th() =>
        Prop.ForAll(Gen.Choose(0, 255_000).Select(n => n / 64_000f).ArrayOf(PlannedFlow.Seconds).ToArbitrary(), flow =>
        {
            float[] back = Read(Write(flow));
            double sent = 0, got = 0;
            for (int t = 0; t < flow.Length; t++)
            {
                sent += flow[t];
                got += back[t];
                if (Math.Abs(sent - got) > 1 / 128.0 + 1e-3) return false;
            }
            return true;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Whole_64ths_are_exact()
    {
        float[] flow = [.. Enumerable.Range(0, PlannedFlow.Seconds).Select(t => t * 3 % 256 / 64f)];
        Assert.Equal(flow, Read(Write(flow)));
    }

    [Fact]
    public void What_no_lane_discharges_is_cut_and_what_is_no_number_is_nothing()
    {
        float[] back = Read(Write([float.NaN, -3, float.PositiveInfinity, 0.5f, float.NegativeInfinity, 1e30f]));
        Assert.Equal([0, 0, 255 / 64f], back[..3]);
        Assert.InRange(back[3], 0.5f, 0.52f);
        Assert.Equal([0, 255 / 64f, 0], [back[4] < 0.02f ? 0 : back[4], back[5], back[6] < 0.02f ? 0 : back[6]]);
    }

    [Fact]
    public void A_record_has_the_documented_bytes()
    {
        byte[] record = Write([0.5f, 0, 1], 0x01020304);
        Assert.Equal("04030201" + "01" + "000000" + "200040", Convert.ToHexString(record.AsSpan(0, 11)));
        Assert.True(PlannedFlow.AreValid(record));
        PlannedFlow flow = PlannedFlow.Of(record, 0);
        Assert.Equal((0x01020304, PlannedPlace.Exit, 0f), (flow.Lane, flow.Place, flow[PlannedFlow.Seconds]));
    }
}
