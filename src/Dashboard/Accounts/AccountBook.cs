using System.Text.Json;

namespace CityBrain.Dashboard;

/// <summary>What somebody may do; each role may do what those before it may.</summary>
public enum Role : byte
{
    /// <summary>Look.</summary>
    Viewer = 0,
    /// <summary>Hold, force and skip stages, acknowledge alarms.</summary>
    Operator = 1,
    /// <summary>Also hand intersections to their own programme.</summary>
    Engineer = 2,
    /// <summary>Also manage accounts.</summary>
    Administrator = 3,
}

public sealed record Account(string Name, Role Role, string PasswordHash);

/// <summary>
/// The accounts, in a file that only its owner may read. A change is written to a new file that then takes the
/// old one's place. Bounded.
/// </summary>
internal sealed class AccountBook
{
    public const int MostAccounts = 500;
    public const string FirstAdministrator = "admin";

    private readonly Lock _gate = new();
    private readonly string? _file;
    private readonly int _iterations;
    private readonly string _decoy;
    private Dictionary<string, Account> _accounts = new(StringComparer.OrdinalIgnoreCase);

    public AccountBook(DashboardOptions options)
    {
        _iterations = options.PasswordIterations;
        _file = options.DataFolder is { } folder ? Path.Combine(folder, "accounts.json") : null;
        _decoy = Password.Hash(Password.Generate(), _iterations);
        if (_file is not null && File.Exists(_file)) Load(_file);
        if (_accounts.Values.Any(a => a.Role == Role.Administrator)) return;
        string password = Password.Generate();
        Put(FirstAdministrator, Role.Administrator, password);
        options.FirstPassword?.Invoke(FirstAdministrator, password);
    }

    public Account[] All()
    {
        lock (_gate) return [.. _accounts.Values.OrderBy(a => a.Name, StringComparer.OrdinalIgnoreCase)];
    }

    /// <summary>The account if the password is right. A name that does not exist costs the same time.</summary>
    public Account? Check(string name, string password)
    {
        Account? account;
        lock (_gate) _accounts.TryGetValue(name, out account);
        bool right = password.Length <= Password.LongestLength && Password.Matches(password, account?.PasswordHash ?? _decoy);
        return right ? account : null;
    }

    public Account? Find(string name)
    {
        lock (_gate) return _accounts.GetValueOrDefault(name);
    }

    /// <summary>Adds or changes an account; a sentence if it cannot be.</summary>
    public string? Put(string name, Role role, string password)
    {
        if (name.Length is 0 or > 64 || name.Any(c => !char.IsLetterOrDigit(c) && c is not ('.' or '-' or '_' or '@')))
            return "A name has 1 to 64 letters, digits, dots, dashes, underscores or @.";
        if (Password.Objection(password, name) is { } objection) return objection;
        var account = new Account(name, role, Password.Hash(password, _iterations));
        lock (_gate)
        {
            if (_accounts.Count >= MostAccounts && !_accounts.ContainsKey(name)) return "There are too many accounts.";
            if (role != Role.Administrator && IsLastAdministrator(name)) return "The last administrator stays one.";
            Save(new(_accounts, StringComparer.OrdinalIgnoreCase) { [name] = account });
        }
        return null;
    }

    /// <summary>Removes an account; a sentence if it cannot be.</summary>
    public string? Remove(string name)
    {
        lock (_gate)
        {
            if (!_accounts.ContainsKey(name)) return "There is no such account.";
            if (IsLastAdministrator(name)) return "The last administrator stays.";
            var without = new Dictionary<string, Account>(_accounts, StringComparer.OrdinalIgnoreCase);
            without.Remove(name);
            Save(without);
        }
        return null;
    }

    private bool IsLastAdministrator(string name) =>
        _accounts.TryGetValue(name, out Account? a) && a.Role == Role.Administrator
        && _accounts.Values.Count(x => x.Role == Role.Administrator) == 1;

    private void Load(string file)
    {
        try
        {
            Account[] all = JsonSerializer.Deserialize<Account[]>(File.ReadAllBytes(file), DashboardJson.Options) ?? [];
            foreach (Account account in all.Take(MostAccounts)) _accounts[account.Name] = account;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new DashboardStartException($"The accounts in {file} cannot be read: {e.Message}", e);
        }
    }

    private void Save(Dictionary<string, Account> accounts)
    {
        _accounts = accounts;
        if (_file is null) return;
        Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
        string next = _file + ".new";
        var how = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) how.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var stream = new FileStream(next, how))
        {
            stream.Write(DashboardJson.Write(accounts.Values));
            stream.Flush(flushToDisk: true);
        }
        File.Move(next, _file, overwrite: true);
    }
}
