using CityBrain.Cli;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;

namespace CityBrain.Evaluation;

/// <summary>Reads a scenario and its network for a command; what is wrong becomes a sentence and an exit code.</summary>
internal static class ScenarioFile
{
    private const int MostErrors = 5;

    /// <exception cref="CliFailure">It is missing or no configuration.</exception>
    public static SumoScenario Read(string path)
    {
        if (!File.Exists(path)) throw CliFailure.Missing($"no such file: {path}");
        try
        {
            return SumoScenario.Read(path);
        }
        catch (SumoFileException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }

    /// <summary>The scenario's network as a city, divided into so many districts.</summary>
    /// <exception cref="CliFailure">The network cannot be used.</exception>
    public static City City(SumoScenario scenario, int districts = 1)
    {
        try
        {
            CityDescription description = SumoNetwork.Import(scenario.Network, districts);
            if (!CityBuilder.TryBuild(description, out City? city, out IReadOnlyList<CityError> errors))
                throw CliFailure.Failed(
                    $"{scenario.Network} cannot be used: {string.Join("; ", errors.Take(MostErrors))}");
            if (city.Intersections.Length == 0) throw CliFailure.Failed($"{scenario.Network} has no signals");
            return city;
        }
        catch (SumoFileException e)
        {
            throw CliFailure.Failed(e.Message);
        }
    }
}
