using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// People on foot at signalled crossings: they arrive, press the button, start in the walk interval (where the
/// group has none: in all of its green), and take the clearance time to cross.
/// </summary>
internal sealed class Crossings
{
    private readonly City _city;
    private readonly int[] _movements;
    private readonly int[] _waiting, _onUntilS, _greenSinceS;
    private readonly bool[] _pressed;
    private readonly double[] _perSecond;

    public Crossings(City city, double peoplePerHour)
    {
        _city = city;
        _movements = [.. city.Movements.Where(m => m.Turn == Turn.Crossing).Select(m => m.Index)];
        int n = city.Movements.Length;
        _waiting = new int[n];
        _onUntilS = new int[n];
        _greenSinceS = new int[n];
        _pressed = new bool[n];
        _perSecond = new double[n];
        foreach (int m in _movements) _perSecond[m] = peoplePerHour / 3600;
    }

    public long Arrived { get; private set; }
    public long Crossed { get; private set; }
    /// <summary>Seconds waited by all people together.</summary>
    public long WaitedS { get; private set; }

    /// <summary>People waiting for a crossing movement.</summary>
    public int Waiting(int movement) => _waiting[movement];

    /// <summary>The button of this movement was pressed in the last second.</summary>
    public bool Pressed(int movement) => _pressed[movement];

    /// <summary>Somebody is in the way of turning vehicles.</summary>
    public bool Occupied(int movement, int nowS) => _onUntilS[movement] > nowS;

    public void Step(int nowS, ReadOnlySpan<Aspect[]> heads, double demand, ref SeededRandom random)
    {
        foreach (int m in _movements)
        {
            Movement movement = _city.Movements[m];
            SignalGroup group = _city.Intersections[movement.Intersection].Groups[movement.Group];
            bool green = heads[movement.Intersection][movement.Group].IsGreen();
            if (!green) _greenSinceS[m] = -1;
            else if (_greenSinceS[m] < 0) _greenSinceS[m] = nowS;

            _pressed[m] = false;
            if (random.NextShare() < _perSecond[m] * demand)
            {
                _pressed[m] = _waiting[m]++ == 0 && !green;
                Arrived++;
            }
            bool walk = green && (group.Walk <= Millis.Zero || (nowS - _greenSinceS[m]) * 1000 < group.Walk.Value);
            if (walk && _waiting[m] > 0)
            {
                Crossed += _waiting[m];
                _waiting[m] = 0;
                // Turning vehicles wait until people have left their half of the road.
                _onUntilS[m] = nowS + 1 + (int)(group.Clearance.Value / 2000);
            }
            WaitedS += _waiting[m];
        }
    }
}
