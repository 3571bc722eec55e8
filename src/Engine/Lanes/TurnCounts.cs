using CityBrain.Model;

namespace CityBrain.Engine.Lanes;

/// <summary>
/// Shares of a lane's vehicles by movement, from the vehicles seen on each movement's own way through the box. A
/// picture every dt seconds counts a vehicle of speed v on a way of length L as v dt / L vehicles: summed over the time
/// it needs to drive through, that is one (Edie's generalised flow: distance travelled over length; Edie 1963,
/// "Discussion of traffic stream measurements and definitions"). No vehicle has to be recognised again.
/// </summary>
internal sealed class TurnCounts
{
    /// <summary>Weight of the equal shares that are believed at first, vehicles.</summary>
    private const float PriorVehicles = 6;
    /// <summary>Counts are halved when a lane has this many, so that shares follow the day.</summary>
    private const float MemoryVehicles = 240;
    private const float SureVehicles = 20;

    private readonly City _city;
    private readonly TrafficState _state;
    private readonly int[] _movementOf;
    private readonly float[] _wayM;
    private readonly float[] _counts;

    public TurnCounts(City city, TrafficState state)
    {
        _city = city;
        _state = state;
        _movementOf = new int[city.Lanes.Length];
        _wayM = new float[city.Movements.Length];
        _counts = new float[city.Movements.Length];
        Array.Fill(_movementOf, -1);
        foreach (Movement m in city.Movements)
            foreach (int via in m.Via) _movementOf[via] = _movementOf[via] == -1 ? m.Index : -2;
        foreach (Movement m in city.Movements)
            foreach (int via in m.Via)
                if (_movementOf[via] == m.Index && city.Lanes[via].HasCamera) _wayM[m.Index] += (float)city.Lanes[via].Length.Value;
    }

    /// <summary>A picture of a box lane, this long after the one before.</summary>
    public void Count(int boxLane, ReadOnlySpan<VehicleSighting> now, float seconds)
    {
        int m = _movementOf[boxLane];
        if (m < 0 || now.Length == 0) return;
        float metres = 0;
        foreach (VehicleSighting v in now) metres += v.SpeedMps * seconds;
        if (metres == 0) return;
        _counts[m] += metres / _wayM[m];
        Share(_city.Lanes[_city.Movements[m].From]);
    }

    /// <summary>A movement whose way no camera sees keeps an equal share; the others divide the rest by their counts.</summary>
    private void Share(Lane from)
    {
        float sum = 0;
        int seen = 0;
        foreach (int m in from.Movements)
        {
            if (_wayM[m] == 0) continue;
            sum += _counts[m];
            seen++;
        }
        float prior = PriorVehicles / seen, seenShare = (float)seen / from.Movements.Length;
        foreach (int m in from.Movements)
        {
            if (_wayM[m] == 0) continue;
            ref MovementState state = ref _state.Movements[m];
            state.TurnShare = seenShare * (_counts[m] + prior) / (sum + PriorVehicles);
            state.ShareConfidence = sum / (sum + SureVehicles);
            if (sum > MemoryVehicles) _counts[m] *= 0.5f;
        }
    }

    public void AddTo(ref Digest digest)
    {
        foreach (float count in _counts) digest.Add(count);
    }
}
