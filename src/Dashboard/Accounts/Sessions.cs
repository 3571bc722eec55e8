using System.Buffers.Text;
using System.Security.Cryptography;

namespace CityBrain.Dashboard;

/// <summary>Somebody who has logged in. The token itself is known to their browser only.</summary>
public sealed record Session(string Name, Role Role, string CsrfToken, DateTimeOffset Begun)
{
    internal DateTimeOffset LastUsed { get; set; } = Begun;
}

/// <summary>
/// Open sessions, in memory: a restart logs everybody out. A session ends after 30 minutes without use and after
/// 12 hours in any case. Bounded; the longest unused goes first.
/// </summary>
internal sealed class Sessions(TimeProvider time)
{
    public const int Most = 2000;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(30), Longest = TimeSpan.FromHours(12);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Session> _byToken = new(StringComparer.Ordinal);

    /// <summary>Begins a session and returns its secret token.</summary>
    public (string Token, Session Session) Begin(Account account)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var session = new Session(account.Name, account.Role,
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), time.GetUtcNow());
        lock (_gate)
        {
            if (_byToken.Count >= Most) _byToken.Remove(_byToken.MinBy(p => p.Value.LastUsed).Key);
            _byToken[Key(token)] = session;
        }
        return (token, session);
    }

    /// <summary>The session of a token, used now; null when there is none or it has ended.</summary>
    public Session? Find(string? token) => Look(token, use: true);

    /// <summary>Whether a session still lasts; asking does not prolong it.</summary>
    public bool Lasts(string? token) => Look(token, use: false) is not null;

    private Session? Look(string? token, bool use)
    {
        if (string.IsNullOrEmpty(token) || token.Length > 100) return null;
        string key = Key(token);
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
        {
            if (!_byToken.TryGetValue(key, out Session? session)) return null;
            if (now - session.LastUsed <= Idle && now - session.Begun <= Longest)
            {
                if (use) session.LastUsed = now;
                return session;
            }
            _byToken.Remove(key);
            return null;
        }
    }

    public void End(string? token)
    {
        if (token is null) return;
        lock (_gate) _byToken.Remove(Key(token));
    }

    /// <summary>Ends all sessions of an account, as when its password or role changes.</summary>
    public void EndAll(string name)
    {
        lock (_gate)
            foreach (string key in _byToken.Where(p => p.Value.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
                .Select(p => p.Key).ToArray()) _byToken.Remove(key);
    }

    private static string Key(string token) =>
        Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
}
