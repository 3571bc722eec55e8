using System.Text;
using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>Push buttons: pressed by whoever stands at the kerb and steps onto that crossing next.</summary>
internal sealed class SumoButtons
{
    private const double StandsBelowMps = 0.1;
    private readonly Utf8Index _crossings = new();
    private readonly List<int[]> _buttons = [];
    private readonly HashSet<int> _pressed = [];

    public SumoButtons(City city)
    {
        ILookup<(int, int), Detector> buttons = city.Detectors.Where(d => d.Kind == DetectorKind.Button)
            .ToLookup(d => (d.Intersection, d.Group));
        var byEdge = new Dictionary<string, HashSet<int>>(StringComparer.Ordinal);
        foreach (Movement m in city.Movements.Where(m => m.Turn == Turn.Crossing))
            foreach (int lane in m.Via)
                if (city.Lanes[lane].Road is { } edge)
                {
                    if (!byEdge.TryGetValue(edge, out HashSet<int>? set)) byEdge[edge] = set = [];
                    set.UnionWith(buttons[(m.Intersection, m.Group)].Select(d => d.Index));
                }
        foreach ((string edge, HashSet<int> detectors) in byEdge)
        {
            _crossings.Add(Encoding.UTF8.GetBytes(edge));
            _buttons.Add([.. detectors.Order()]);
        }
    }

    /// <summary>Are there any? If not, nobody on foot needs to be looked at.</summary>
    public bool Any => _buttons.Count > 0;

    /// <summary>Detectors of the buttons pressed at this instant.</summary>
    public IReadOnlyCollection<int> Pressed => _pressed;

    public void Begin() => _pressed.Clear();

    public void See(ReadOnlySpan<byte> edge, ReadOnlySpan<byte> nextEdge, double speedMps)
    {
        if (speedMps >= StandsBelowMps || edge.SequenceEqual(nextEdge)) return;
        int crossing = _crossings.Find(nextEdge);
        if (crossing >= 0) _pressed.UnionWith(_buttons[crossing]);
    }

    public void Read(IStreetReadings readings)
    {
        foreach (int button in _pressed.Order()) readings.Button(button);
    }
}
