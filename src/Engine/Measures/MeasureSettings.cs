namespace CityBrain.Engine.Measures;

/// <summary>A bracketed value of a definition.</summary>
/// <param name="Name">As agencies' tools name it.</param>
/// <param name="Unit">Unit in words, or what it is.</param>
/// <param name="Default">One number, or several for a list.</param>
/// <param name="Least">The least a number may be.</param>
/// <param name="Most">The most a number may be.</param>
/// <param name="IsList">Whether several numbers may be given.</param>
public sealed record MeasureParameter(
    string Name, string Unit, IReadOnlyList<double> Default, double Least, double Most, bool IsList = false);

/// <summary>The values chosen for measures' parameters; what is not set keeps its default.</summary>
public sealed class MeasureSettings
{
    private readonly List<(string Measure, string Parameter, IReadOnlyList<double> Values)> _set = [];

    /// <summary>Sets a value; returns what is wrong with it, or null.</summary>
    public string? TrySet(string measure, string parameter, IReadOnlyList<double> values)
    {
        MeasureDefinition? definition = MeasureCatalog.Find(measure);
        if (definition is null)
        {
            return $"there is no measure {measure}; there are {MeasureCatalog.NameList}";
        }

        MeasureParameter? known = definition.Parameters.FirstOrDefault(p => p.Name == parameter);
        if (known is null)
        {
            string names = string.Join(", ", definition.Parameters.Select(p => p.Name));
            return names.Length == 0
                ? $"{measure} has no parameters"
                : $"{measure} has no parameter {parameter}; it has {names}";
        }

        if (values.Count == 0 || (values.Count > 1 && !known.IsList))
        {
            return $"{measure}.{parameter} takes {(known.IsList ? "numbers" : "one number")} ({known.Unit})";
        }

        if (values.Any(v => !(v >= known.Least && v <= known.Most)))
        {
            return FormattableString.Invariant(
                $"{measure}.{parameter} is from {known.Least} to {known.Most} ({known.Unit})");
        }

        _set.RemoveAll(s => s.Measure == measure && s.Parameter == parameter);
        _set.Add((measure, parameter, values));
        return null;
    }

    /// <summary>The number chosen, or the default.</summary>
    public double Number(MeasureDefinition measure, string parameter) => List(measure, parameter)[0];

    /// <summary>A number of seconds as ms.</summary>
    public long Ms(MeasureDefinition measure, string parameter) =>
        (long)Math.Round(Number(measure, parameter) * 1000, MidpointRounding.AwayFromZero);

    /// <summary>The numbers chosen, or the default.</summary>
    public IReadOnlyList<double> List(MeasureDefinition measure, string parameter)
    {
        foreach ((string m, string p, IReadOnlyList<double> values) in _set)
        {
            if (m == measure.Name && p == parameter)
            {
                return values;
            }
        }

        return measure.Parameters.First(p => p.Name == parameter).Default;
    }
}
