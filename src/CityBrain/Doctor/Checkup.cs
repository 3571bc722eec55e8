using System.Net;
using CityBrain.Cli;
using CityBrain.Host;

namespace CityBrain.Doctor;

/// <summary>Everything that a run with these options would need, looked at before it is needed.</summary>
internal static class Checkup
{
    public static async Task<Finding[]> RunAsync(RunOptions options, CancellationToken cancel)
    {
        var found = new List<Finding>
        {
            new("city", Health.Ok, $"{options.City.Intersections.Length} intersections, {options.City.Detectors.Length} detectors, "
                + $"{options.City.Districts.Length} districts"),
        };
        found.AddRange(await ClockCheck.RunAsync(TimeProvider.System, Built(), cancel));
        if (options.Journal is { } journal) found.AddRange(DiskCheck.Run(journal, "the journal"));
        else found.Add(new("disk", Health.Warn, "no journal is kept", "--journal: without it nothing can be proven, nor gone on with"));
        if (options.DataFolder is { } data) found.AddRange(DiskCheck.Run(data, "accounts and audit trail"));
        found.AddRange(await BrokerCheck.RunAsync(options, cancel));
        if (options.Dashboard) found.AddRange(Dashboard(options, DateTime.UtcNow));
        found.AddRange(Keys(options));
        return [.. found];
    }

    private static IEnumerable<Finding> Dashboard(RunOptions options, DateTime nowUtc)
    {
        const string area = "dashboard";
        yield return BrokerCheck.Port(area, options.Bind, options.DashboardPort, "--port");
        if (options.DashboardTls is { } tls) yield return BrokerCheck.Certificate(area, tls.Certificate, nowUtc);
        else if (!IPAddress.IsLoopback(options.Bind))
            yield return new(area, Health.Warn, "passwords and cookies travel in the clear, unless a proxy in front has TLS",
                "--dashboard-cert and --dashboard-key");
    }

    private static IEnumerable<Finding> Keys(RunOptions options)
    {
        yield return options.CommandKeys is null
            ? new("keys", Health.Warn, "commands are not signed", "citybrain keys, then --command-keys")
            : new("keys", Health.Ok, "every command is signed");
        if (options.DataFolder is not { } folder) yield break;
        foreach (string name in (string[])["accounts.json", "audit.jsonl"])
            if (Path.Combine(folder, name) is var path && File.Exists(path) && PrivateFile.IsOpen(path))
                yield return new("keys", Health.Fail, $"others can read '{path}'", $"chmod 600 '{path}'");
    }

    /// <summary>When this program was built: the clock cannot be earlier.</summary>
    private static DateTime Built() => File.GetLastWriteTimeUtc(typeof(Checkup).Assembly.Location);
}
