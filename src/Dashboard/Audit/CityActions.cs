using System.Threading.Channels;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>
/// A city-wide action that one person asked for and another has to confirm. District: the whole city when null.
/// </summary>
public sealed record CityAction(
    long Id, OverrideKind Kind, int? District, int Minutes, string Reason, string AskedBy, DateTimeOffset AskedAt, DateTimeOffset Expires);

/// <summary>
/// Requests that touch many intersections at once. Nobody can do them alone: a second person, with another account,
/// confirms within five minutes, or nothing happens. Bounded; in memory only, so that a restart forgets them.
/// </summary>
internal sealed class CityActions(City city, ChannelWriter<OverrideRequest>? overrides, AuditTrail audit, TimeProvider time)
{
    public const int MostPending = 20;
    public static readonly TimeSpan ConfirmWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan HandOver = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<CityAction> _pending = [];
    private long _lastId;

    /// <summary>Intersections of a district, or all.</summary>
    public IEnumerable<Intersection> Places(int? district) =>
        city.Intersections.Where(i => district is null || i.District == district);

    /// <summary>What waits for a second person, oldest first.</summary>
    public CityAction[] Pending()
    {
        lock (_gate)
        {
            Expire();
            return [.. _pending];
        }
    }

    /// <summary>Asks for an action; null when too many are pending.</summary>
    public CityAction? Ask(OverrideKind kind, int? district, int minutes, string reason, string who)
    {
        CityAction action;
        lock (_gate)
        {
            Expire();
            if (_pending.Count >= MostPending) return null;
            DateTimeOffset now = time.GetUtcNow();
            action = new CityAction(++_lastId, kind, district, minutes, reason, who, now, now + ConfirmWithin);
            _pending.Add(action);
        }
        audit.Add(who, $"asked for {Text(action)}", Where(action), reason, done: true);
        return action;
    }

    /// <summary>Takes an action out to be done or dropped; null if it is unknown or too old.</summary>
    public CityAction? Find(long id)
    {
        lock (_gate)
        {
            Expire();
            return _pending.Find(a => a.Id == id);
        }
    }

    public void Withdraw(CityAction action, string who)
    {
        bool was;
        lock (_gate) was = _pending.Remove(action);
        if (was) audit.Add(who, $"withdrew {Text(action)}", Where(action), action.Reason, done: true);
    }

    /// <summary>Does an action, confirmed by another person; intersections whose request the brain took, or -1 if it is gone.</summary>
    public async Task<int> ConfirmAsync(CityAction action, string who)
    {
        lock (_gate)
            if (!_pending.Remove(action)) return -1;
        audit.Add(who, $"confirmed {Text(action)} of {action.AskedBy}", Where(action), action.Reason, done: true);
        int taken = 0, all = 0;
        using var limit = new CancellationTokenSource(HandOver, time);
        foreach (Intersection place in Places(action.District))
        {
            all++;
            var request = new OverrideRequest(place.Index, action.Kind, -1, action.Minutes * 60,
                $"{action.AskedBy} and {who}", action.Reason);
            if (await TakenAsync(request, limit.Token)) taken++;
        }
        audit.Add(who, $"{Text(action)}: taken by {taken} of {all}", Where(action), action.Reason, done: taken == all);
        return taken;
    }

    private async Task<bool> TakenAsync(OverrideRequest request, CancellationToken limit)
    {
        if (overrides is null) return false;
        try
        {
            await overrides.WriteAsync(request, limit);
            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or ChannelClosedException)
        {
            return false;
        }
    }

    private static string Text(CityAction a) =>
        $"city-wide {a.Kind}" + (a.Kind == OverrideKind.Release ? "" : $" for {a.Minutes} min");

    private string Where(CityAction a) => a.District is { } d ? city.Districts[d].Name : city.Name;

    private void Expire()
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach (CityAction old in _pending.Where(a => a.Expires <= now))
            audit.Add(old.AskedBy, $"{Text(old)}: nobody confirmed it in time", Where(old), old.Reason, done: false);
        _pending.RemoveAll(a => a.Expires <= now);
    }
}
