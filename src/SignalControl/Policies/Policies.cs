using CityBrain.Model;
using CityBrain.SignalControl.Actuated;
using CityBrain.SignalControl.Fixed;
using CityBrain.SignalControl.MaxPressure;
using CityBrain.SignalControl.Planning;
using CityBrain.SignalControl.Predictive;

namespace CityBrain.SignalControl;

/// <summary>The policies by the names of the command line.</summary>
public static class Policies
{
    public static IReadOnlyList<string> Names { get; } = ["fixed", "actuated", "max-pressure", "predictive"];

    /// <summary>Makes a policy for the whole city.</summary>
    /// <exception cref="ArgumentException">There is no policy of this name.</exception>
    public static ISignalPolicy Create(string name, City city, PolicyOptions options) => name switch
    {
        "fixed" => new FixedPolicy(city, options),
        "actuated" => new ActuatedPolicy(city, options),
        "max-pressure" => new MaxPressurePolicy(city, options),
        "predictive" => new PredictivePolicy(city, Settings(options), options.District),
        _ => throw new ArgumentException(
            $"no policy '{name}'; there are {string.Join(", ", Names)}", nameof(name)),
    };

    private static PlannerSettings Settings(PolicyOptions options)
    {
        var factor = (float)options.HeadwayFactor;
        PlannerSettings usual = PlannerSettings.Default;
        return usual with
        {
            HeadwayS = usual.HeadwayS * factor, PermissiveHeadwayS = usual.PermissiveHeadwayS * factor,
        };
    }
}
