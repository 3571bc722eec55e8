namespace CityBrain.Simulation;

/// <summary>What a street is for; it decides lanes, speed, turning pockets and how left turns are signalled.</summary>
internal enum StreetRank
{
    /// <summary>One lane a direction, 30 km/h, no pockets.</summary>
    Side,
    /// <summary>One lane a direction and a pocket for left turns, 50 km/h.</summary>
    Collector,
    /// <summary>Two lanes a direction and a pocket for left turns, 50 km/h.</summary>
    Arterial,
    /// <summary>As an arterial, 60 km/h; left turns only on an arrow of their own.</summary>
    Ring,
}

/// <summary>A street of the demo city: a smooth line through points, in metres east and north of the centre.</summary>
internal sealed record Street(string Name, string Chinese, StreetRank Rank, (double X, double Y)[] Points, bool Closed = false)
{
    public const double LaneWidthM = 3.2;

    /// <summary>Lanes a direction, pockets not counted.</summary>
    public int Lanes => Rank >= StreetRank.Arterial ? 2 : 1;
    public bool Pockets => Rank >= StreetRank.Collector;
    public double SpeedMps => Rank switch { StreetRank.Side => 8.33, StreetRank.Ring => 16.67, _ => 13.89 };
    /// <summary>Between the two directions; at a stop line it holds the pocket.</summary>
    public double MedianM => Pockets ? LaneWidthM : 0;
    /// <summary>From edge to edge.</summary>
    public double WidthM => 2 * Lanes * LaneWidthM + MedianM;
}
