using CityBrain.Model;

namespace CityBrain.Simulation.Tests.Field;

/// <summary>A planted violation of each kind is refused, counted, and not shown.</summary>
public class ConflictMonitorTests
{
    private readonly FieldController _controller = new(Crossroads.Build(), 0, new FieldOptions());
    private uint _sequence;
    private long _nowMs = 100_000;

    private Refusal Offer(string aspects, int aheadMs = 0, int intersection = 0) => _controller.Offer(
        new ReceivedCommand(CommandKind.Show, intersection, ++_sequence, _nowMs + aheadMs, _nowMs + aheadMs + 5000, 0),
        Aspects.Parse(aspects), _nowMs);

    private string Show(string aspects, int seconds = 1)
    {
        for (int i = 0; i < seconds; i++)
        {
            Assert.Equal(Refusal.None, Offer(aspects));
            Assert.Equal(aspects, Aspects.Write(_controller.Step(_nowMs)));
            _nowMs += 1000;
        }
        return aspects;
    }

    /// <summary>From the programme's main stage at a time when it shows it, to a commanded main stage.</summary>
    private void MainStage()
    {
        _nowMs = 120_000;
        _controller.Step(_nowMs);
        _nowMs += 1000;
        Show("GgrGr", 12);
    }

    private void Refused(Refusal expected, string aspects)
    {
        string before = Aspects.Write(_controller.Shown);
        long count = _controller.Refused(expected);
        Assert.Equal(expected, Offer(aspects));
        Assert.Equal(count + 1, _controller.Refused(expected));
        Assert.Equal(expected, _controller.LastRefusal);
        Assert.Equal(before, Aspects.Write(_controller.Step(_nowMs)));
    }

    [Theory]
    [InlineData("GgGGr")] // main and side
    [InlineData("GGrGr")] // the opposed left turn protected beside the main road
    [InlineData("GgrGG")] // people in front of the main road
    public void Conflicting_greens(string aspects)
    {
        MainStage();
        Refused(Refusal.Conflict, aspects);
    }

    [Fact]
    public void Green_straight_to_red()
    {
        MainStage();
        Refused(Refusal.ShortYellow, "rrrrr");
    }

    [Fact]
    public void Yellow_cut_short()
    {
        MainStage();
        Show("yyrrr", 2);
        Refused(Refusal.ShortYellow, "rrrrr");
    }

    [Fact]
    public void Yellow_back_to_green()
    {
        MainStage();
        Show("yyrrr", 2);
        Refused(Refusal.ShortYellow, "Ggrrr");
    }

    [Fact]
    public void Yellow_out_of_red()
    {
        MainStage();
        Refused(Refusal.ShortYellow, "GgyGr");
    }

    [Fact]
    public void Green_begins_before_the_intergreen_is_over()
    {
        MainStage();
        Show("yyrrr", 3);
        Show("rrrrr", 1);
        Refused(Refusal.ShortIntergreen, "rrGrG");
        _nowMs += 1000;
        Show("rrGrG");
    }

    [Fact]
    public void Green_begins_in_the_second_in_which_a_conflicting_one_ends()
    {
        MainStage();
        Refused(Refusal.ShortIntergreen, "yyGrr");
    }

    [Fact]
    public void Permissive_turn_made_protected_before_the_opposing_road_is_clear()
    {
        MainStage();
        Show("Ggrrr", 1);
        Show("ygrrr", 3);
        Refused(Refusal.ShortIntergreen, "rGrrr");
        _nowMs += 1000;
        Show("rGrrr");
    }

    [Fact]
    public void Green_shorter_than_its_minimum()
    {
        MainStage();
        Show("yyrrr", 3);
        Show("rrrrr", 2);
        Show("rrGrr", 5);
        Refused(Refusal.ShortGreen, "rryrr");
        _nowMs += 1000;
        Show("rryrr");
    }

    [Fact]
    public void People_on_foot_get_walk_and_clearance()
    {
        MainStage();
        Show("yyrrr", 3);
        Show("rrrrr", 2);
        Show("rrGrG", 11);
        Refused(Refusal.ShortGreen, "rrGrr");
        _nowMs += 1000;
        Show("rrGrr");
    }

    [Fact]
    public void Late_early_replayed_and_misaddressed_commands()
    {
        MainStage();
        var fresh = Aspects.Parse("GgrGr");
        uint next = _sequence + 1;
        Assert.Equal(Refusal.Stale, _controller.Offer(Command(next, _nowMs - 6000, _nowMs - 1), fresh, _nowMs));
        Assert.Equal(Refusal.Stale, _controller.Offer(Command(next, _nowMs - 8001, _nowMs + 1), fresh, _nowMs));
        Assert.Equal(Refusal.Stale, _controller.Offer(Command(next, _nowMs + 2001, _nowMs + 9000), fresh, _nowMs));
        Assert.Equal(Refusal.Replayed, _controller.Offer(Command(_sequence, _nowMs, _nowMs + 5000), fresh, _nowMs));
        Assert.Equal(Refusal.Replayed, _controller.Offer(Command(1, _nowMs, _nowMs + 5000), fresh, _nowMs));
        Assert.Equal(Refusal.WrongAddress, Offer("GgrGr", intersection: 1));
        Assert.Equal(Refusal.WrongAddress, Offer("GgrG"));
        Assert.Equal(Refusal.Malformed,
            _controller.Offer(Command(next, _nowMs, _nowMs + 5000) with { Kind = 0 }, fresh, _nowMs));
        Assert.Equal(8, _controller.RefusedInAll);
    }

    private static ReceivedCommand Command(uint sequence, long timeMs, long validUntilMs) =>
        new(CommandKind.Show, 0, sequence, timeMs, validUntilMs, 0);
}
