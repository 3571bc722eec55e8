namespace CityBrain.Simulation.Sumo;

/// <summary>SUMO could not be started, died, or said something unexpected; the message says what, for people.</summary>
public sealed class SumoRunException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>SUMO is not installed.</summary>
public sealed class SumoMissingException()
    : Exception("SUMO is not on this machine: no program 'sumo' on the PATH (Debian: apt-get install sumo)");
