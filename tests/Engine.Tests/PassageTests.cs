using CityBrain.Engine.Lanes;
using CityBrain.Model;

namespace CityBrain.Engine.Tests;

public class PassageTests
{
    private static VehicleSighting[] Row(params (double At, double Speed)[] vehicles) =>
        [.. vehicles.Select(v => VehicleSighting.Of(v.At, v.Speed, 5, VehicleClass.Car))];

    private static (int, int) Between(VehicleSighting[] before, VehicleSighting[] now)
    {
        Passage p = Passage.Between(before, now, 1, 0, 200);
        return (p.Departed, p.Arrived);
    }

    [Fact]
    public void Nobody_moved() => Assert.Equal((0, 0), Between(Row((1, 0), (8, 0)), Row((1, 0), (8, 0))));

    [Fact]
    public void One_left() => Assert.Equal((1, 0), Between(Row((3, 8), (15, 8)), Row((7, 8))));

    [Fact]
    public void One_left_and_one_came() => Assert.Equal((1, 1), Between(Row((3, 8), (15, 8)), Row((7, 8), (196, 10))));

    [Fact]
    public void Two_left_at_once() => Assert.Equal((2, 0), Between(Row((3, 14), (12, 14), (40, 14)), Row((26, 14))));

    [Fact]
    public void All_left() => Assert.Equal((1, 0), Between(Row((5, 10)), []));

    [Fact]
    public void A_platoon_followed_second_by_second_is_counted_once()
    {
        int departed = 0, arrived = 0;
        VehicleSighting[] before = [];
        for (int t = 0; t < 60; t++)
        {
            // twelve vehicles of 12 m/s, 25 m apart, drive in at 200 m one after the other
            VehicleSighting[] now = [.. Enumerable.Range(0, 12).Select(k => 200.0 + 25 * k - 12 * t)
                .Where(at => at is >= 0 and <= 200).Select(at => VehicleSighting.Of(at, 12, 5, VehicleClass.Car))];
            (int d, int a) = Between(before, now);
            departed += d;
            arrived += a;
            before = now;
        }
        Assert.Equal((12, 12), (departed, arrived));
    }
}
