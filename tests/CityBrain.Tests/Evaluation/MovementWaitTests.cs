using CityBrain.Evaluation;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>The longest red with somebody waiting, on a crossing with two ways from one lane.</summary>
public class MovementWaitTests
{
    private readonly City _city = CrossingCity.Build();
    private readonly MovementWaits _waits;

    public MovementWaitTests() => _waits = new MovementWaits(_city);

    private void Show(int second, string aspects) => _waits.Show(0, Aspects.Parse(aspects), second * 1000);

    private int Lane(string id) => _city.TryLane(id, out int lane) ? lane : throw new ArgumentException(id);

    private void See(int second, params (int Vehicle, string Lane, double SpeedMps)[] vehicles) => _waits.Second(
        [.. vehicles.Select(v => new StreetVehicle(v.Vehicle, Lane(v.Lane), 190, v.SpeedMps))], [], second * 1000);

    private double Of(string movement, int endS = 1000) =>
        _waits.Finish(endS * 1000).Single(w => w.Movement.Id == movement).WaitS;

    [Fact]
    public void A_vehicle_waits_from_its_first_standstill_at_red_until_green_for_the_movement_it_takes()
    {
        Show(0, "rGG");
        See(10, (0, "w0", 8));
        See(20, (0, "w0", 0));
        See(30, (0, "w0", 3));
        See(40, (0, "w0", 0.05));
        Show(70, "Grr");
        See(75, (0, "w0", 1));
        See(80, (0, "w-e0", 9));
        Assert.Equal(50, Of("we"));
        Assert.Equal(0, Of("ws"));
    }

    [Fact]
    public void Waiting_in_a_queue_through_two_reds_counts_the_longer_red_not_the_sum()
    {
        Show(0, "rGG");
        See(5, (0, "w0", 0));
        Show(25, "Grr");
        Show(35, "rGG");
        Show(65, "Grr");
        See(66, (0, "w0", 4));
        See(68, (0, "w-e0", 8));
        Assert.Equal(30, Of("we"));
    }

    [Fact]
    public void A_vehicle_that_goes_to_the_exit_within_one_second_is_known_by_its_exit()
    {
        Show(0, "rGG");
        See(0, (0, "w0", 0));
        Show(40, "Grr");
        See(41, (0, "s0", 12));
        Assert.Equal(40, Of("ws"));
    }

    [Fact]
    public void Who_stands_there_at_the_end_counts_for_the_movement_with_the_least_wait()
    {
        Show(0, "rGr");
        See(100, (0, "w0", 0));
        See(130, (0, "w0", 0));
        Assert.Equal(31, _waits.Finish(900_000).Where(w => w.Movement.Id is "we" or "ws").Max(w => w.WaitS));
    }

    [Fact]
    public void A_blinking_head_stops_nobody()
    {
        Show(0, "ooo");
        See(10, (0, "w0", 0));
        See(90, (0, "w-e0", 5));
        Assert.Equal(0, Of("we"));
    }

    [Fact]
    public void People_wait_from_the_kerb_to_their_green_and_over_the_bound_is_said()
    {
        Show(0, "Grr");
        int button = _city.Detectors.Single(d => d.Kind == DetectorKind.Button).Index;
        for (int s = 10; s <= 200; s++)
        {
            if (s == 140) Show(140, "rGG");
            _waits.Second([], s < 142 ? [button] : [], s * 1000);
        }
        MovementWait crossing = _waits.Finish(300_000)[0];
        Assert.True(crossing.OnFoot);
        Assert.Equal(130, crossing.WaitS);
        Assert.Equal(140, crossing.UntilS);
        Assert.True(crossing.OverBound);
    }
}
