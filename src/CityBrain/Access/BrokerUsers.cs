using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Access;

/// <summary>
/// Who may come to the embedded broker. A certificate whose common name is a user's is that user; otherwise name and
/// password are. The file is looked at again when it changed, at most once a second: who is gone from it, or has other
/// rules now, loses the connection.
/// </summary>
internal sealed class BrokerUsers
{
    /// <summary>
    /// Iterations of PBKDF2. Few beside what a person's password needs: these are of 20 random letters (116 bits), which
    /// nobody guesses, and ten thousand devices may come back at once.
    /// </summary>
    public const int Iterations = 10_000;

    /// <summary>Passwords that may be hashed at the same time; who comes meanwhile is told to come again.</summary>
    private const int MostHashing = 2;

    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly Action<string> _log;
    private readonly LoginGuard _guard;
    private readonly Lock _gate = new();
    private readonly byte[] _ownKey = RandomNumberGenerator.GetBytes(32);
    private readonly string _decoy = Password.Hash(Password.Generate(), Iterations);
    private Dictionary<string, Entry> _users = new(StringComparer.Ordinal);
    private DateTime _readAt;
    private long _lookAgainAt;
    private int _hashing;

    /// <summary>A user, and what is remembered of a right password: its HMAC with a key of this process.</summary>
    private sealed class Entry(BrokerUser user)
    {
        public BrokerUser User { get; } = user;
        public volatile byte[]? Proven;
        public volatile bool Revoked;
    }

    /// <exception cref="CliFailure">The file is missing, open to others, or makes no sense.</exception>
    public BrokerUsers(string path, TimeProvider time, Action<string> log)
    {
        _path = path;
        _time = time;
        _log = log;
        _guard = new LoginGuard(time);
        try
        {
            Take();
        }
        catch (FormatException e)
        {
            throw CliFailure.Failed($"'{path}': {e.Message}");
        }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _users.Count;
        }
    }

    /// <summary>The answer to a login; from any thread.</summary>
    public MqttAdmission LogIn(MqttLogin login)
    {
        LookAgain();
        if (login.Certificate?.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { } common && Find(common) is { } own)
            return login.UserName is null || login.UserName == common
                ? Admit(own, login)
                : MqttAdmission.Refuse(ReasonCode.NotAuthorized);
        return login.UserName is { } name ? LogIn(name, login) : MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword);
    }

    private MqttAdmission LogIn(string name, MqttLogin login)
    {
        Entry? entry = Find(name);
        byte[] proof = HMACSHA256.HashData(_ownKey, login.Password.Span);
        if (entry?.Proven is { } proven && CryptographicOperations.FixedTimeEquals(proof, proven)) return Admit(entry, login);
        string address = (login.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "-";
        if (_guard.Pause(name, address) > TimeSpan.Zero) return MqttAdmission.Refuse(ReasonCode.ConnectionRateExceeded);
        if (Interlocked.Increment(ref _hashing) > MostHashing)
        {
            Interlocked.Decrement(ref _hashing);
            return MqttAdmission.Refuse(ReasonCode.ServerBusy);
        }
        try
        {
            if (IsRight(login.Password.Span, entry?.User.Password ?? _decoy) && entry?.User.Password is not null)
            {
                entry.Proven = proof;
                _guard.Succeeded(name, address);
                return Admit(entry, login);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _hashing);
        }
        _guard.Failed(name, address);
        return MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword);
    }

    private static bool IsRight(ReadOnlySpan<byte> password, string stored) =>
        password.Length <= Password.LongestLength && Password.Matches(Encoding.UTF8.GetString(password), stored);

    private MqttAdmission Admit(Entry entry, MqttLogin login) =>
        MqttAdmission.Admit(entry.User.Identify(login.ClientId, () => IsRevoked(entry)));

    private bool IsRevoked(Entry entry)
    {
        LookAgain();
        return entry.Revoked;
    }

    private Entry? Find(string name)
    {
        lock (_gate) return _users.GetValueOrDefault(name);
    }

    private void LookAgain()
    {
        long now = _time.GetTimestamp(), due = Volatile.Read(ref _lookAgainAt);
        if (now < due || Interlocked.CompareExchange(ref _lookAgainAt, now + _time.TimestampFrequency, due) != due) return;
        try
        {
            if (File.GetLastWriteTimeUtc(_path) != _readAt) Take();
        }
        catch (Exception e) when (e is FormatException or CliFailure or IOException or UnauthorizedAccessException)
        {
            _log($"the users of the broker stay as they were: {e.Message}");
        }
    }

    /// <summary>Reads the file. Who is in it as before keeps the connection, and the proof of the password.</summary>
    private void Take()
    {
        DateTime at = File.GetLastWriteTimeUtc(_path);
        BrokerUser[] users = BrokerUserFile.Parse(PrivateFile.Read(_path, "users of the broker"));
        lock (_gate)
        {
            _readAt = at;
            var next = new Dictionary<string, Entry>(StringComparer.Ordinal);
            foreach (BrokerUser user in users)
                next[user.Name] = _users.TryGetValue(user.Name, out Entry? old) && Same(old.User, user) ? old : new Entry(user);
            foreach (Entry old in _users.Values)
                if (next.GetValueOrDefault(old.User.Name) != old) old.Revoked = true;
            _users = next;
        }
    }

    private static bool Same(BrokerUser one, BrokerUser other) =>
        BrokerUserFile.Write([one]).AsSpan().SequenceEqual(BrokerUserFile.Write([other]));
}
