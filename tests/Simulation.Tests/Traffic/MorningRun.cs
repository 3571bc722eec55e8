using CityBrain.Model;

namespace CityBrain.Simulation.Tests.Traffic;

/// <summary>The demo city in its morning peak; the network and its ways are laid once for all tests.</summary>
public sealed class MorningRun
{
    private readonly IRouter _router;

    public MorningRun()
    {
        City = DemoCity.Build();
        _router = DemoDemand.Router(new RoadGraph(City));
    }

    public City City { get; }

    public SimulatedCity Begin(ulong seed, Func<SimulationOptions, SimulationOptions>? change = null)
    {
        SimulationOptions options = SimulationOptions.Morning(City, seed) with { Router = _ => _router };
        return new SimulatedCity(City, change?.Invoke(options) ?? options);
    }

    public static SimulatedCity Run(SimulatedCity sim, int seconds)
    {
        for (int s = 0; s < seconds; s++) sim.Step();
        return sim;
    }

    public static ulong DigestOf(SimulatedCity sim)
    {
        var digest = new Digest();
        sim.AddTo(ref digest);
        return digest.Value;
    }
}
