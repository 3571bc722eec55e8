using CityBrain.Brain;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>Where a tick's commands go: MQTT in a live run, a simulator in process, nowhere in a replay.</summary>
internal interface ICommandSink
{
    /// <summary>Called on the brain's thread once per tick, also when there is no command. Must not block.</summary>
    void Publish(DistrictBrain brain, CommandBuffer commands, long tickMs);

    /// <summary>A controller said what it does, which is the acknowledgement of its commands. On the brain's thread.</summary>
    void Hear(in CityEvent state)
    {
    }

    /// <summary>A numbered event will not be forgotten: its sender need not repeat it. On the brain's thread.</summary>
    void Acknowledge(in CityEvent e)
    {
    }
}
