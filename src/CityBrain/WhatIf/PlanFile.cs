using CityBrain.Cli;
using CityBrain.Model;

namespace CityBrain.WhatIf;

/// <summary>Other timings to try: a city file of which the intersections' plans are taken, and nothing else.</summary>
internal static class PlanFile
{
    /// <exception cref="CliFailure">Missing, not valid, or of other intersections.</exception>
    public static City Apply(City city, string path)
    {
        Dictionary<string, IntersectionDescription> plans = CityFile.Read(path).Description.Intersections
            .ToDictionary(i => i.Id, StringComparer.Ordinal);
        if (!city.Intersections.Any(i => plans.ContainsKey(i.Id)))
            throw CliFailure.Usage($"--plan {path}: none of its intersections is in the recording");
        CityDescription planned = city.Description with
        {
            Intersections = [.. city.Description.Intersections.Select(i => plans.TryGetValue(i.Id, out var p) ? i with
            {
                Stages = p.Stages, Rings = p.Rings, Programme = p.Programme, Limits = p.Limits, Groups = p.Groups,
                Intergreens = p.Intergreens,
            } : i)],
        };
        if (CityBuilder.TryBuild(planned, out City? built, out IReadOnlyList<CityError> errors)
            && built.Intersections.Zip(city.Intersections, (a, b) => a.Groups.Length == b.Groups.Length).All(same => same))
            return built;
        throw CliFailure.Failed($"--plan {path} does not fit the recorded city"
            + (errors.Count > 0 ? ": " + errors[0] : ": other signal groups"));
    }
}
