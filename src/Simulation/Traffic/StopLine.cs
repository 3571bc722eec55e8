using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>May a vehicle cross its stop line in the coming second? The signal, gaps in traffic and room behind.</summary>
internal sealed class StopLine
{
    /// <summary>Gap in oncoming traffic that a turning driver accepts, seconds (HCM 2016, 4.5 s for left turns).</summary>
    private const float CriticalGapS = 4.5f;
    private const float SeeM = 90, WaitingM = 4;

    private readonly RoadGraph _roads;
    private readonly LaneStore _store;
    private readonly Crossings _people;
    /// <summary>By exit lane: metres needed by vehicles that are in the box on their way to it.</summary>
    private readonly float[] _boxLoadM;

    public StopLine(RoadGraph roads, LaneStore store, Crossings people)
    {
        _roads = roads;
        _store = store;
        _people = people;
        _boxLoadM = new float[roads.LengthM.Length];
    }

    public void EntersBox(int exit, float lengthM) => _boxLoadM[exit] += lengthM + Following.StandingGapM;

    public void LeavesBox(int exit, float lengthM) =>
        _boxLoadM[exit] = Math.Max(0, _boxLoadM[exit] - lengthM - Following.StandingGapM);

    public bool MayCross(
        in Vehicle v, float distanceM, bool front, int nowS, ReadOnlySpan<Aspect[]> heads)
    {
        Movement movement = _roads.City.Movements[v.Movement];
        ReadOnlySpan<Aspect> shown = heads[movement.Intersection];
        switch (shown[movement.Group])
        {
            case Aspect.Green:
                break;
            case Aspect.GreenYield:
            case Aspect.Blinking:
            case Aspect.Off:
                if (!front || !GapFree(movement, shown, nowS)) return false;
                break;
            case Aspect.StopThenGo:
                if (!front || v.Speed > 0.5f || distanceM > WaitingM || !GapFree(movement, shown, nowS)) return false;
                break;
            case Aspect.Yellow:
                bool waits = front && movement.Turn == Turn.Left && distanceM < WaitingM && movement.YieldsTo.Length > 0;
                if (waits) return GapFree(movement, shown, nowS) && ExitFree(v, movement);
                if (CanStop(v, distanceM)) return false;
                break;
            default:
                return false;
        }
        return !front || distanceM > 15 || ExitFree(v, movement);
    }

    private static bool CanStop(in Vehicle v, float distanceM)
    {
        float b = VehicleType.All[v.Type].Deceleration;
        return Following.SafeSpeed(distanceM, 0, b) >= v.Speed - b;
    }

    /// <summary>Room for the vehicle past the box, unless the queue there is moving on.</summary>
    private bool ExitFree(in Vehicle v, Movement movement)
    {
        if (movement.Via.Length == 0) return true;
        int exit = movement.To, last = _store.Last[exit];
        if (last >= 0 && _store.Vehicles[last].Speed > 4) return true;
        float room = _store.RoomM(exit, _roads.LengthM[exit]) - _boxLoadM[exit];
        return room > v.Length + Following.StandingGapM || (last < 0 && _boxLoadM[exit] <= 0);
    }

    private bool GapFree(Movement movement, ReadOnlySpan<Aspect> shown, int nowS)
    {
        foreach (int over in movement.YieldsTo)
        {
            Movement other = _roads.City.Movements[over];
            if (other.Turn == Turn.Crossing)
            {
                if (_people.Occupied(over, nowS)) return false;
                continue;
            }
            if (shown[other.Group] == Aspect.Red) continue;
            if (InBox(other) || Oncoming(other)) return false;
        }
        return true;
    }

    /// <summary>Somebody is in the first half of the other movement's way across.</summary>
    private bool InBox(Movement other)
    {
        if (other.Via.Length == 0) return false;
        int box = other.Via[0], last = _store.Last[box];
        return last >= 0 && _store.Vehicles[last].Position < _roads.LengthM[box] * 0.6f;
    }

    private bool Oncoming(Movement other)
    {
        float length = _roads.LengthM[other.From];
        for (int i = _store.First[other.From]; i >= 0; i = _store.Vehicles[i].Behind)
        {
            ref readonly Vehicle v = ref _store.Vehicles[i];
            float distance = length - v.Position;
            if (distance > SeeM) return false;
            if (v.Movement != other.Index || v.Wreck) continue;
            if (distance < 12 || distance < v.Speed * CriticalGapS) return true;
        }
        return false;
    }
}
