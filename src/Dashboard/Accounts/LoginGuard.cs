namespace CityBrain.Dashboard;

/// <summary>
/// Slows down guessing: after five wrong passwords for a name from one address, each further one doubles the pause
/// before the next try, up to 15 minutes; fifty wrong ones from one address over all names do the same to the
/// address. An account is never locked for everybody, so nobody can lock an operator out from elsewhere.
/// Bounded; the oldest entry goes first.
/// </summary>
public sealed class LoginGuard(TimeProvider time)
{
    private const int FreeForName = 5, FreeForAddress = 50, Most = 10_000;
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(15), Forget = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (int Failures, DateTimeOffset Last)> _tries = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long this name from this address must wait before it may try again.</summary>
    public TimeSpan Pause(string name, string address)
    {
        lock (_gate)
        {
            TimeSpan a = Left($"{address}|{name}", FreeForName), b = Left(address, FreeForAddress);
            return a > b ? a : b;
        }
    }

    public void Failed(string name, string address)
    {
        lock (_gate)
        {
            Count($"{address}|{name}");
            Count(address);
        }
    }

    public void Succeeded(string name, string address)
    {
        lock (_gate) _tries.Remove($"{address}|{name}");
    }

    private TimeSpan Left(string key, int free)
    {
        if (!_tries.TryGetValue(key, out var t) || t.Failures < free) return TimeSpan.Zero;
        TimeSpan pause = TimeSpan.FromSeconds(Math.Min(LongestPause.TotalSeconds, 1 << Math.Min(20, t.Failures - free)));
        TimeSpan left = t.Last + pause - time.GetUtcNow();
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private void Count(string key)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_tries.TryGetValue(key, out var t) && now - t.Last > Forget) t = default;
        else if (_tries.Count >= Most && !_tries.ContainsKey(key)) _tries.Remove(_tries.MinBy(p => p.Value.Last).Key);
        _tries[key] = (t.Failures + 1, now);
    }
}
