using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>A wreck that stands on a lane for a while.</summary>
/// <param name="Lane">Dense index of the lane.</param>
/// <param name="AtM">Metres from the lane's downstream end to the wreck's front.</param>
/// <param name="FromS">Seconds after the start at which it happens.</param>
/// <param name="UntilS">Seconds after the start at which it is cleared.</param>
public sealed record Accident(int Lane, double AtM, int FromS, int UntilS);

/// <summary>What a simulated city is given besides its network.</summary>
public sealed record SimulationOptions
{
    public ulong Seed { get; init; }

    /// <summary>The feed's clock at the beginning, milliseconds; the controllers' programmes run by it.</summary>
    public long StartMs { get; init; }

    /// <summary>Second of the day at the beginning, for the demand's profile.</summary>
    public double DayS { get; init; } = 7.5 * 3600;

    /// <summary>Trips an hour on each entry lane. Null: 250 on each, all day.</summary>
    public Func<RoadGraph, EntryFlows>? Flows { get; init; }

    /// <summary>Where trips go. Null: all ways alike at every fork.</summary>
    public Func<RoadGraph, IRouter>? Router { get; init; }

    /// <summary>All flows are multiplied by this.</summary>
    public double DemandShare { get; init; } = 1;

    /// <summary>People an hour at each signalled crossing.</summary>
    public double PeoplePerHour { get; init; } = 60;

    public IReadOnlyList<Accident> Accidents { get; init; } = [];

    public FieldOptions Field { get; init; } = new();

    /// <summary>
    /// True: the controllers stand elsewhere; the city shows what <see cref="SimulatedCity.SetHeads"/> was told of
    /// them, all red before that, and its own ones do nothing.
    /// </summary>
    public bool ControllersElsewhere { get; init; }

    /// <summary>Most vehicles on the road and waiting to enter; more are turned away and counted.</summary>
    public int Capacity { get; init; } = 1 << 15;

    /// <summary>
    /// The demo city's morning: demand towards the centre, and in the peak an accident that blocks one of two lanes
    /// of the longest piece of Market Street from 08:00 to 08:12.
    /// </summary>
    public static SimulationOptions Morning(City demo, ulong seed, double dayS = 7.5 * 3600, long startMs = 0)
    {
        Lane place = demo.Lanes.Where(l => l is { Kind: LaneKind.Road, Street: "Market Street", Beside.Length: > 0 }
                && l.Upstream.Length > 0)
            .OrderByDescending(l => l.Length.Value).ThenBy(l => l.Index).First();
        int from = (int)Math.Max(0, 8 * 3600 - dayS);
        return new SimulationOptions
        {
            Seed = seed,
            StartMs = startMs,
            DayS = dayS,
            Flows = roads => DemoDemand.Flows(roads),
            Router = DemoDemand.Router,
            Accidents = [new Accident(place.Index, 40, from, from + 12 * 60)],
        };
    }
}
