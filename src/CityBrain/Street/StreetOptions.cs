using CityBrain.Controllers;
using CityBrain.Mqtt.Client;

namespace CityBrain.Street;

/// <summary>Which part of the street a process plays.</summary>
internal enum StreetPart
{
    /// <summary>Traffic, sensors and controllers.</summary>
    All,
    /// <summary>Traffic and sensors; the signals are those that controllers elsewhere say they show.</summary>
    Sensors,
    /// <summary>Controllers only.</summary>
    Controllers,
}

/// <summary>How the street side is connected and timed.</summary>
internal sealed record StreetOptions
{
    public required MqttClientOptions Broker { get; init; }
    public StreetPart Part { get; init; } = StreetPart.All;

    /// <summary>
    /// False: readings carry the wall's time and come once a second. True: the street is the clock of the brain, says
    /// tick after each second and waits for the tock (docs/WIRE.md).
    /// </summary>
    public bool Lockstep { get; init; }

    /// <summary>Times real time in lockstep; infinite for as fast as the brain answers.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>Seconds to play; 0 for ever.</summary>
    public int Seconds { get; init; }

    /// <summary>Longest time to wait for a tock before the tick is said again.</summary>
    public TimeSpan TockTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Binary blocks on the batch topic instead of JSON on a topic for each sensor.</summary>
    public bool Binary { get; init; }

    /// <summary>What commands must be signed with; null takes unsigned ones.</summary>
    public CommandKeys? CommandKeys { get; init; }
}
