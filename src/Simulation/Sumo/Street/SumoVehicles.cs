using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>One vehicle as the sensors may see it: where, how fast, how long, of which class. Nothing else is kept.</summary>
internal struct SumoVehicle
{
    /// <summary>Lane index, -1 when on none; position of the front, metres from the lane's upstream end.</summary>
    public int Lane, LaneBefore;
    public double AtM, AtBeforeM;
    public double SpeedMps;
    public double LengthM;
    public VehicleClass Class;
    /// <summary>Number of the step in which it was last on the road.</summary>
    public int SeenAt;
    /// <summary>Next vehicle of the same lane, -1 for none; order is not said.</summary>
    public int NextOnLane;
}

/// <summary>The vehicles on the road at one instant, by lane.</summary>
internal sealed class SumoVehicles
{
    private readonly Utf8Index _lanes = new(), _names = new();
    private readonly int[] _firstOnLane;
    private readonly List<int> _onRoad = [];
    private SumoVehicle[] _all = new SumoVehicle[512];
    private int _step;

    public SumoVehicles(City city)
    {
        foreach (Lane lane in city.Lanes) _lanes.Add(System.Text.Encoding.UTF8.GetBytes(lane.Id));
        _firstOnLane = new int[city.Lanes.Length];
        Array.Fill(_firstOnLane, -1);
    }

    /// <summary>Vehicles that SUMO reported at this instant.</summary>
    public IReadOnlyList<int> OnRoad => _onRoad;

    public ref SumoVehicle this[int vehicle] => ref _all[vehicle];

    /// <summary>First vehicle of a lane, -1 for none.</summary>
    public int FirstOn(int lane) => _firstOnLane[lane];

    /// <summary>Begins a new instant: nobody has been seen yet.</summary>
    public void Begin()
    {
        Array.Fill(_firstOnLane, -1);
        _onRoad.Clear();
        _step++;
    }

    /// <summary>True while the vehicle is on the road: not arrived.</summary>
    public bool IsOnRoad(int vehicle) => _all[vehicle].SeenAt == _step;

    /// <summary>The number of a vehicle by its name.</summary>
    public int Number(ReadOnlySpan<byte> name)
    {
        int known = _names.Count, vehicle = _names.Add(name);
        if (vehicle == _all.Length) Array.Resize(ref _all, vehicle * 2);
        if (vehicle == known) _all[vehicle] = new SumoVehicle { Lane = -1, LaneBefore = -1, NextOnLane = -1 };
        return vehicle;
    }

    /// <summary>Where a vehicle is now.</summary>
    public void Place(int vehicle, ReadOnlySpan<byte> lane, double atM, double speedMps)
    {
        ref SumoVehicle v = ref _all[vehicle];
        v.LaneBefore = v.Lane;
        v.AtBeforeM = v.AtM;
        v.Lane = _lanes.Find(lane);
        v.AtM = atM;
        v.SpeedMps = speedMps;
        v.SeenAt = _step;
        _onRoad.Add(vehicle);
        if (v.Lane < 0) return;
        v.NextOnLane = _firstOnLane[v.Lane];
        _firstOnLane[v.Lane] = vehicle;
    }

    /// <summary>SUMO's vehicle classes in the words of the sensors.</summary>
    public static VehicleClass ClassOf(ReadOnlySpan<byte> name) => System.Text.Encoding.Latin1.GetString(name) switch
    {
        "truck" or "trailer" or "delivery" => VehicleClass.Truck,
        "bus" or "coach" => VehicleClass.Bus,
        "tram" or "rail" or "rail_urban" or "rail_electric" or "rail_fast" => VehicleClass.Tram,
        "motorcycle" or "moped" => VehicleClass.Motorcycle,
        "bicycle" => VehicleClass.Bicycle,
        "pedestrian" => VehicleClass.Pedestrian,
        "emergency" => VehicleClass.Emergency,
        _ => VehicleClass.Car,
    };
}
