namespace CityBrain.Simulation;

/// <summary>One vehicle on the network, in a queue to enter, or a free place of the store.</summary>
internal struct Vehicle
{
    /// <summary>The lane its front is on; -1 while it waits to enter.</summary>
    public int Lane;
    /// <summary>Neighbours on the lane, or in the queue to enter; -1 for none. Ahead is nearer to the end.</summary>
    public int Ahead, Behind;
    /// <summary>The lane after this one, -1 at the end of its trip.</summary>
    public int Next;
    /// <summary>The movement by which it crosses the stop line of its lane, or -1.</summary>
    public int Movement;
    /// <summary>Where it goes, as its router numbers it.</summary>
    public int Destination;
    /// <summary>Front of the vehicle from the beginning of its lane, metres.</summary>
    public float Position;
    /// <summary>m/s; also the metres driven in the last second.</summary>
    public float Speed;
    /// <summary>Speed planned for the coming second.</summary>
    public float Planned;
    public float Length;
    /// <summary>Its own free speed as a share of the limit.</summary>
    public float SpeedShare;
    /// <summary>Seconds lost against its free speed, and before it could enter.</summary>
    public float LostS;
    /// <summary>Second at which its trip was to begin.</summary>
    public int ScheduledS;
    /// <summary>Step in which it was last moved.</summary>
    public int MovedStep;
    /// <summary>Seconds it has stood behind something that will not move.</summary>
    public short BlockedS;
    public short Stops;
    public byte Type;
    public bool Standing;
    /// <summary>The signal and the traffic let it cross the stop line in the coming second.</summary>
    public bool MayCross;
    /// <summary>A wreck: it takes part in nothing but standing in the way.</summary>
    public bool Wreck;
    /// <summary>State of its own small random sequence.</summary>
    public uint Random;
}
