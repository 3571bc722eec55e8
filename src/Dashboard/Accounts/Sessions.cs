using System.Buffers.Text;
using System.Security.Cryptography;

namespace CityBrain.Dashboard;

/// <summary>Somebody who has logged in. The token itself is known to their browser only.</summary>
/// <param name="Name">The account.</param>
/// <param name="Role">What it may.</param>
/// <param name="CsrfToken">What a change has to carry.</param>
/// <param name="Begun">When.</param>
/// <param name="From">Where: the address, and what the browser calls itself, both for people to know it by.</param>
public sealed record Session(string Name, Role Role, string CsrfToken, DateTimeOffset Begun, SessionOrigin From)
{
    /// <summary>Names it to its owner; opens nothing.</summary>
    public string Id { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));

    internal DateTimeOffset LastUsed { get; set; } = Begun;
}

/// <summary>Where a login came from.</summary>
/// <param name="Address">Of the network.</param>
/// <param name="Agent">What the browser said it is, shortened; empty when it said nothing.</param>
public sealed record SessionOrigin(string Address, string Agent)
{
    private const int Longest = 200;

    public static SessionOrigin Of(string address, string? agent) =>
        new(address, agent is null ? "" : agent[..Math.Min(agent.Length, Longest)]);
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
    public (string Token, Session Session) Begin(Account account, SessionOrigin from)
    {
        string token = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var session = new Session(account.Name, account.Role,
            Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32)), time.GetUtcNow(), from);
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
            if (Lasts(session, now))
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

    /// <summary>The sessions of an account that last, the oldest first.</summary>
    public Session[] Of(string name)
    {
        DateTimeOffset now = time.GetUtcNow();
        lock (_gate)
            return [.. _byToken.Values.Where(s => IsOf(s, name) && Lasts(s, now)).OrderBy(s => s.Begun)];
    }

    /// <summary>Ends a session of this account; false when it has none of that name.</summary>
    public bool EndOne(string name, string id)
    {
        lock (_gate)
            return _byToken.FirstOrDefault(p => IsOf(p.Value, name) && p.Value.Id == id).Key is { } key && _byToken.Remove(key);
    }

    /// <summary>Ends all sessions of an account, as when its password or role changes.</summary>
    public void EndAll(string name)
    {
        lock (_gate)
            foreach (string key in _byToken.Where(p => IsOf(p.Value, name)).Select(p => p.Key).ToArray()) _byToken.Remove(key);
    }

    private static bool IsOf(Session session, string name) => session.Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    private static bool Lasts(Session session, DateTimeOffset now) =>
        now - session.LastUsed <= Idle && now - session.Begun <= Longest;

    private static string Key(string token) =>
        Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
}
