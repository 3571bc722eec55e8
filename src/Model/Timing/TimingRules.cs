namespace CityBrain.Model;

/// <summary>Where yellow times, intergreens and minimum greens come from.</summary>
public sealed class TimingRules
{
    private readonly Func<IntersectionDescription, IntersectionDescription>? _change;

    private TimingRules(string name, Func<IntersectionDescription, IntersectionDescription>? change)
    {
        Name = name;
        _change = change;
    }

    /// <summary>As the city file says.</summary>
    public static TimingRules Network { get; } = new("network", null);

    /// <summary>
    /// The rules of the RESCO benchmark (Ault and Sharon 2021): 3 s of yellow and no all-red, 5 s of minimum green,
    /// no interval for people on foot, any stage after any other. For comparison with published figures only.
    /// </summary>
    public static TimingRules Resco { get; } = new("resco", i => i with
    {
        Groups = [.. i.Groups.Select(g => g with { YellowS = 3, MinGreenS = 5, WalkS = 0, ClearanceS = 0 })],
        Intergreens = [],
        Stages = [.. i.Stages.Select(s => s with { Next = [] })],
        Rings = [],
    });

    /// <summary>The word on the command line.</summary>
    public string Name { get; }

    /// <summary>Finds rules by name; null if there are none.</summary>
    public static TimingRules? Find(string name) =>
        name == Network.Name ? Network : name == Resco.Name ? Resco : null;

    /// <summary>The city under these rules; the same object where they change nothing.</summary>
    public City Apply(City city) => _change is null ? city : CityBuilder.Build(Apply(city.Description));

    /// <summary>The description under these rules.</summary>
    public CityDescription Apply(CityDescription city) =>
        _change is null ? city : city with { Intersections = [.. city.Intersections.Select(_change)] };
}
