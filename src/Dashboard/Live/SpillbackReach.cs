using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// Does a queue reach back to the intersection behind it? A turning bay of 50 m fills in every second cycle of a
/// morning and says little: what counts is the queue that runs through every piece of the road up to a box, where
/// it stands in the way of others, or off the map.
/// </summary>
internal sealed class SpillbackReach
{
    /// <summary>Shorter queues than this are no spillback, however short the road, metres.</summary>
    private const float LeastM = 30;
    /// <summary>Pieces of road that are followed upstream.</summary>
    private const int MostPieces = 32;

    private readonly City _city;

    public SpillbackReach(City city) => _city = city;

    public bool Reaches(CityFrame frame, int stopLineLane)
    {
        float queueM = 0;
        int lane = stopLineLane;
        for (int piece = 0; piece < MostPieces; piece++)
        {
            float tail = frame.Lanes[lane].QueueTailM;
            if (tail <= 0 || tail < CityFrame.SpillbackShare * _city.Lanes[lane].Length.Value) return false;
            queueM += tail;
            int behind = Fullest(frame, lane, out bool ends);
            if (ends) return queueM > LeastM;
            lane = behind;
        }
        return false;
    }

    /// <summary>The lane behind with the longest queue; the road ends where a box, or nothing, lies behind.</summary>
    private int Fullest(CityFrame frame, int lane, out bool ends)
    {
        int found = -1;
        ends = false;
        foreach (int behind in _city.Lanes[lane].Upstream)
        {
            if (_city.Lanes[behind].Kind == LaneKind.Box) ends = true;
            else if (found < 0 || frame.Lanes[behind].QueueTailM > frame.Lanes[found].QueueTailM) found = behind;
        }
        ends |= found < 0;
        return found;
    }
}
