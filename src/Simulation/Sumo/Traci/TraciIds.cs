namespace CityBrain.Simulation.Sumo;

/// <summary>
/// Numbers of the TraCI protocol that are used here. SUMO user documentation, "TraCI/Protocol" and the pages of
/// the single commands.
/// </summary>
internal static class TraciIds
{
    public const byte GetVersion = 0x00, SimulationStep = 0x02, Close = 0x7F;
    public const byte GetVehicleVariable = 0xA4, SetSignalVariable = 0xC2;
    public const byte SubscribeVehicle = 0xD4, SubscribeSimulation = 0xDB, SubscribePerson = 0xDE;
    public const byte VehicleValues = 0xE4, SimulationValues = 0xEB, PersonValues = 0xEE;

    public const byte RedYellowGreenState = 0x20;
    public const byte RoadId = 0x50, LaneId = 0x51, LanePosition = 0x56, Speed = 0x40, Length = 0x44, Class = 0x49;
    public const byte NextEdge = 0xC1;
    public const byte Time = 0x66, DepartedVehicles = 0x74, DepartedPersons = 0x25;

    public const byte TypeByte = 0x08, TypeUByte = 0x07, TypeInteger = 0x09, TypeDouble = 0x0B, TypeString = 0x0C;
    public const byte TypeStringList = 0x0E;

    public const byte Ok = 0x00;
    /// <summary>"From now on" and "for ever" in a subscription.</summary>
    public const double Unset = -1073741824;
}
