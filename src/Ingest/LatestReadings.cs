using CityBrain.Channels;
using CityBrain.Model;

namespace CityBrain.Ingest;

/// <summary>
/// Where readings wait while the brain is behind: one place for each sensor and controller, in which a newer reading
/// takes the place of an older one, which is counted. So what the brain gets late is at least the newest there is, and
/// memory stays bounded. Only states come here: loops, cameras, what controllers say of themselves,
/// neighbours' plans; what somebody waits for an answer to (presses, orders) and time never do. The feed
/// puts, feed and brain take. The places are made when they are first needed.
/// </summary>
public sealed class LatestReadings(City city)
{
    private struct Place
    {
        public CityEvent Event;
        public byte[]? Extra;
        public bool Waits;
    }

    private readonly Lock _lock = new();
    private Place[] _places = [];
    private int[] _order = [];
    private int _first, _waiting;
    private long _loops, _cameras, _controllers, _outflows;

    /// <summary>Sensors and controllers whose reading waits.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Readings of this kind that a newer one took the place of.</summary>
    public long Replaced(EventKind kind) => kind switch
    {
        EventKind.Loop => Volatile.Read(ref _loops),
        EventKind.Camera => Volatile.Read(ref _cameras),
        EventKind.Controller => Volatile.Read(ref _controllers),
        EventKind.Outflow => Volatile.Read(ref _outflows),
        _ => 0,
    };

    /// <summary>Of all kinds.</summary>
    public long ReplacedInAll => Replaced(EventKind.Loop) + Replaced(EventKind.Camera)
        + Replaced(EventKind.Controller) + Replaced(EventKind.Outflow);

    /// <summary>True for a kind of which the newest is all that counts.</summary>
    public static bool Takes(EventKind kind) =>
        kind is EventKind.Loop or EventKind.Camera or EventKind.Controller or EventKind.Outflow;

    /// <summary>Puts a reading into its place, behind those of other sensors that wait longer.</summary>
    public void Put(in CityEvent e, ReadOnlySpan<byte> extra)
    {
        lock (_lock)
        {
            if (_places.Length == 0) Make();
            int at = PlaceOf(e);
            ref Place place = ref _places[at];
            if (place.Waits) Count(place.Event.Kind);
            else
            {
                _order[(_first + _waiting) % _order.Length] = at;
                Volatile.Write(ref _waiting, _waiting + 1);
            }
            place.Waits = true;
            place.Event = e with { ExtraLength = (ushort)extra.Length };
            if (extra.IsEmpty) return;
            if (place.Extra is null || place.Extra.Length < extra.Length) place.Extra = new byte[Math.Max(64, extra.Length)];
            extra.CopyTo(place.Extra);
        }
    }

    /// <summary>Sends what waits as far as there are free batches.</summary>
    public void SendTo(BatchChannel<EventBatch> channel)
    {
        lock (_lock)
        {
            while (_waiting > 0 && channel.TryRent(out EventBatch? batch))
            {
                int taken = 0;
                while (taken < _waiting && TryMove(_order[(_first + taken) % _order.Length], batch)) taken++;
                channel.Send(batch);
                _first = (_first + taken) % _order.Length;
                // Only now: a feed that sees nobody waiting sends newer readings by itself.
                Volatile.Write(ref _waiting, _waiting - taken);
            }
        }
    }

    private bool TryMove(int at, EventBatch batch)
    {
        ref Place place = ref _places[at];
        if (!batch.TryAdd(place.Event, place.Extra.AsSpan(0, place.Event.ExtraLength))) return false;
        place.Waits = false;
        return true;
    }

    private int PlaceOf(in CityEvent e) => e.Kind switch
    {
        EventKind.Controller => city.Detectors.Length + e.Index,
        EventKind.Outflow => city.Detectors.Length + city.Intersections.Length + e.Index,
        _ => e.Index,
    };

    private void Count(EventKind kind)
    {
        ref long counter = ref kind == EventKind.Loop ? ref _loops : ref kind == EventKind.Camera ? ref _cameras
            : ref kind == EventKind.Controller ? ref _controllers : ref _outflows;
        Volatile.Write(ref counter, counter + 1);
    }

    private void Make()
    {
        _places = new Place[city.Detectors.Length + 2 * city.Intersections.Length];
        _order = new int[_places.Length];
    }
}
