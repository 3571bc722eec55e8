namespace CityBrain.Storm;

/// <summary>What can go wrong in a storm.</summary>
internal enum FaultKind
{
    /// <summary>A connection is reset; what was on its way is lost.</summary>
    Cut,
    /// <summary>No byte passes on a connection for a while; afterwards it goes on, or one end has given it up.</summary>
    Partition,
    /// <summary>Bytes take Amount ms longer.</summary>
    Delay,
    /// <summary>A client reads at most Amount bytes a second.</summary>
    SlowReader,
    /// <summary>The hop behind a client (modem, radio) loses messages; Amount in a thousand.</summary>
    Loss,
    /// <summary>It doubles messages; Amount in a thousand.</summary>
    Duplicate,
    /// <summary>It delays each message by up to Amount ms, so that they overtake each other.</summary>
    Reorder,
    /// <summary>It changes a bit of a message; Amount in a thousand.</summary>
    Corrupt,
    /// <summary>Somebody publishes commands without the key.</summary>
    Forge,
    /// <summary>Somebody publishes genuine commands again, later and in another order.</summary>
    Replay,
    /// <summary>Sensors report values that are not so.</summary>
    Lie,
    /// <summary>Sensors report the same for ever.</summary>
    Stuck,
    /// <summary>Sensors say nothing.</summary>
    Silent,
    /// <summary>The wall clock of a process is Amount ms off, and is set right afterwards.</summary>
    Clock,
    /// <summary>A process is killed and comes back.</summary>
    Kill,
    /// <summary>The brain's machine loses power: what the disk had not confirmed may be lost, in any order.</summary>
    PowerCut,
    /// <summary>The brain is killed in the middle of its Amount-th write to the disk from now.</summary>
    TornWrite,
    /// <summary>The brain is killed after it journaled, before it sent its Amount-th message from now.</summary>
    KillBeforeSend,
    /// <summary>Writes to the disk fail, some after a part was written.</summary>
    WriteFails,
    /// <summary>The disk has room for Amount bytes more.</summary>
    DiskFull,
    /// <summary>The disk does not confirm, and forgets what it did not confirm.</summary>
    SyncFails,
    /// <summary>The brain takes nothing from its channel.</summary>
    SlowBrain,
}

/// <summary>One thing that goes wrong.</summary>
/// <param name="AtMs">When, milliseconds since the beginning.</param>
/// <param name="Kind">What.</param>
/// <param name="Target">Where: brain, broker, sensors, courier, receiver or controller:N.</param>
/// <param name="ForMs">For how long; a killed process is away for that long.</param>
/// <param name="Amount">How much; see <see cref="FaultKind"/>.</param>
internal sealed record StormFault(int AtMs, FaultKind Kind, string Target, int ForMs, int Amount);
