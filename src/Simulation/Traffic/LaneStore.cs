namespace CityBrain.Simulation;

/// <summary>
/// All vehicles in one array of fixed size, and for every lane the row of those on it, front first. Free places
/// are kept in a row too. Nothing is allocated after construction.
/// </summary>
internal sealed class LaneStore
{
    private int _free;

    public LaneStore(int lanes, int capacity)
    {
        Vehicles = new Vehicle[capacity];
        First = Filled(lanes);
        Last = Filled(lanes);
        Count = new int[lanes];
        for (int i = 0; i < capacity; i++) Vehicles[i].Behind = i + 1 < capacity ? i + 1 : -1;
    }

    public Vehicle[] Vehicles { get; }
    /// <summary>By lane: the vehicle nearest to the lane's end, or -1.</summary>
    public int[] First { get; }
    /// <summary>By lane: the vehicle nearest to the lane's beginning, or -1.</summary>
    public int[] Last { get; }
    public int[] Count { get; }
    /// <summary>Places in use.</summary>
    public int InUse { get; private set; }

    /// <summary>A free place, or -1 when the store is full.</summary>
    public int Take()
    {
        int i = _free;
        if (i < 0) return -1;
        _free = Vehicles[i].Behind;
        Vehicles[i] = new Vehicle { Lane = -1, Ahead = -1, Behind = -1, Next = -1, Movement = -1 };
        InUse++;
        return i;
    }

    public void GiveBack(int i)
    {
        Vehicles[i].Behind = _free;
        Vehicles[i].Lane = -1;
        _free = i;
        InUse--;
    }

    /// <summary>Puts a vehicle behind another one of the lane, or in front of all (-1).</summary>
    public void Insert(int i, int lane, int ahead)
    {
        ref Vehicle v = ref Vehicles[i];
        v.Lane = lane;
        v.Ahead = ahead;
        v.Behind = ahead >= 0 ? Vehicles[ahead].Behind : First[lane];
        if (ahead >= 0) Vehicles[ahead].Behind = i;
        else First[lane] = i;
        if (v.Behind >= 0) Vehicles[v.Behind].Ahead = i;
        else Last[lane] = i;
        Count[lane]++;
    }

    public void Remove(int i)
    {
        ref Vehicle v = ref Vehicles[i];
        if (v.Ahead >= 0) Vehicles[v.Ahead].Behind = v.Behind;
        else First[v.Lane] = v.Behind;
        if (v.Behind >= 0) Vehicles[v.Behind].Ahead = v.Ahead;
        else Last[v.Lane] = v.Ahead;
        Count[v.Lane]--;
        v.Lane = v.Ahead = v.Behind = -1;
    }

    /// <summary>Metres from a lane's beginning to the rear of its last vehicle, the lane's length when empty.</summary>
    public float RoomM(int lane, float lengthM)
    {
        int last = Last[lane];
        return last < 0 ? lengthM : Vehicles[last].Position - Vehicles[last].Length;
    }

    private static int[] Filled(int n)
    {
        var a = new int[n];
        Array.Fill(a, -1);
        return a;
    }
}
