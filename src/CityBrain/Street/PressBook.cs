using System.Text;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;

namespace CityBrain.Street;

/// <summary>
/// Presses of push buttons that wait for the brain's receipt: each has a number and is said again until the receipt
/// comes. Bounded: the oldest of a button makes room, and one that nobody answered for a minute is given up; both are
/// counted. One thread.
/// </summary>
internal sealed class PressBook
{
    public const int MostOfAButton = 16;
    private const int RepeatMs = 2_000, GiveUpMs = 60_000;

    private record struct Press(int Detector, long TimeMs, uint Sequence, long SinceMs, long DueMs);

    private readonly Dictionary<string, int> _topics = new(StringComparer.Ordinal);
    private readonly List<Press> _waiting = [];
    private readonly uint[] _sequence;

    public PressBook(City city)
    {
        _sequence = new uint[city.Detectors.Length];
        foreach (Detector d in city.Detectors)
            if (d.Kind == DetectorKind.Button)
                _topics[new FeedTopics(city.Districts[city.Intersections[d.Intersection].District].Id).Receipt(d.Id)] = d.Index;
    }

    public int Waiting => _waiting.Count;
    public long Acknowledged { get; private set; }
    /// <summary>Presses given up without a receipt.</summary>
    public long GivenUp { get; private set; }

    /// <summary>Takes a press; it is due at once.</summary>
    /// <param name="detector">The button.</param>
    /// <param name="timeMs">The instant by the wall clock.</param>
    /// <param name="steadyMs">The same by a clock that is never set.</param>
    public void Add(int detector, long timeMs, long steadyMs)
    {
        int oldest = -1, held = 0;
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            if (_waiting[i].Detector != detector) continue;
            oldest = i;
            held++;
        }
        if (held >= MostOfAButton) GiveUp(oldest);
        _waiting.Add(new Press(detector, timeMs, ++_sequence[detector], steadyMs, steadyMs));
    }

    /// <summary>The next press to be said now, again or for the first time; false when none is due.</summary>
    public bool TryNextDue(long steadyMs, out CityEvent press)
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            Press p = _waiting[i];
            if (steadyMs - p.SinceMs > GiveUpMs)
            {
                GiveUp(i--);
                continue;
            }
            if (p.DueMs > steadyMs) continue;
            _waiting[i] = p with { DueMs = steadyMs + RepeatMs };
            press = new CityEvent(p.TimeMs, p.Detector, EventKind.Button, 1, 0, 0, 0, 0, p.Sequence);
            return true;
        }
        press = default;
        return false;
    }

    /// <summary>A message came; true when it was a receipt for a press that waited.</summary>
    public bool TakeReceipt(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, out CityEvent press)
    {
        press = default;
        if (!_topics.TryGetValue(Encoding.UTF8.GetString(topic), out int detector)
            || !ReceiptFeed.TryRead(payload, out long timeMs, out uint sequence)) return false;
        int at = _waiting.FindIndex(p => p.Detector == detector && p.Sequence == sequence && p.TimeMs == timeMs);
        if (at < 0) return false;
        _waiting.RemoveAt(at);
        Acknowledged++;
        press = new CityEvent(timeMs, detector, EventKind.Button, 1, 0, 0, 0, 0, sequence);
        return true;
    }

    private void GiveUp(int at)
    {
        _waiting.RemoveAt(at);
        GivenUp++;
    }
}
