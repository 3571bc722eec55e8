namespace CityBrain.Model;

/// <summary>What is wrong in a city file, and where (a JSON path such as intersections[3].stages[1]).</summary>
public readonly record struct CityError(string Place, string Message)
{
    public override string ToString() => $"{Place}: {Message}";
}
