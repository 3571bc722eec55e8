using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using CityBrain.Access;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Host;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Doctor;

/// <summary>The broker: somebody else's answers, knows us and lets us hear; or our own can begin, and is guarded.</summary>
internal static class BrokerCheck
{
    private const string Area = "broker";
    /// <summary>What the runtime, the journal, the dashboard and its viewers open beside the broker's clients.</summary>
    private const int OtherDescriptors = 1024;

    public static Task<Finding[]> RunAsync(RunOptions options, CancellationToken cancel) => options.Broker is { } broker
        ? ForeignAsync(broker, options, cancel)
        : Task.FromResult(Own(options, DateTime.UtcNow));

    private static async Task<Finding[]> ForeignAsync(MqttClientOptions broker, RunOptions options, CancellationToken cancel)
    {
        var found = new List<Finding>();
        if (broker.Tls is null && !(IPAddress.TryParse(broker.Host, out IPAddress? ip) && IPAddress.IsLoopback(ip)) && broker.Host != "localhost")
            found.Add(new(Area, Health.Warn, $"passwords and readings travel to {broker} in the clear", "use mqtts://"));
        await using var client = new MqttClient(broker with { ClientId = $"citybrain-doctor-{Environment.ProcessId}" });
        try
        {
            await client.ConnectAsync(cancellation: cancel);
            found.Add(new(Area, Health.Ok, $"{broker} answers and lets us in"));
        }
        catch (MqttConnectException e)
        {
            found.Add(new(Area, Health.Fail, e.Message.TrimEnd('.'), e.Failure switch
            {
                ConnectFailure.Refused => "look at --broker-user and the password, and at the broker's users",
                ConnectFailure.Tls => "look at --broker-ca, the name in the broker's certificate and its dates",
                _ => "start it, or look at --broker and the network",
            }));
            return [.. found];
        }
        found.Add(await HearsAsync(client, options));
        return [.. found];
    }

    private static async Task<Finding> HearsAsync(MqttClient client, RunOptions options)
    {
        string[] districts = options.Brain.District is { } one ? [one] : [.. options.City.Districts.Select(d => d.Id)];
        var brain = new DistrictBrain(options.City, options.Brain);
        foreach (string filter in districts.SelectMany(d => new FeedTopics(d).BrainFilters)
            .Concat(FeedTopics.BorderFilters(options.City, brain.Border)))
            if ((await client.SubscribeAsync(filter)).IsError())
                return new(Area, Health.Fail, $"refuses the subscription to {filter}", "let this user hear the feeds of docs/WIRE.md");
        return new(Area, Health.Ok, "lets us hear every feed");
    }

    internal static Finding[] Own(RunOptions options, DateTime nowUtc)
    {
        var found = new List<Finding> { Port(Area, options.Bind, options.MqttPort, "--mqtt-port") };
        if (DescriptorLimit() is { } descriptors) found.Add(Descriptors(descriptors, options.MqttConnections));
        (string? users, Mqtt.Broker.MqttBrokerTls? tls) = options.MqttSecurity;
        bool reachable = !IPAddress.IsLoopback(options.Bind);
        if (users is not null) found.Add(Users(users));
        else found.Add(reachable
            ? new(Area, Health.Fail, $"anyone who reaches {options.Bind} may publish anything", "make users: citybrain broker users add, --mqtt-users")
            : new(Area, Health.Ok, "has no users, and only this machine reaches it"));
        if (tls is not null) found.Add(Certificate(Area, tls.Certificate, nowUtc));
        else if (reachable) found.Add(new(Area, Health.Warn, "passwords and readings travel in the clear", "--mqtt-cert and --mqtt-key"));
        return [.. found];
    }

    /// <summary>Whether the system lets this process have as many connections as it is to take.</summary>
    /// <param name="limit">Files and connections that a process may have open (RLIMIT_NOFILE).</param>
    /// <param name="connections">Clients of the embedded broker.</param>
    internal static Finding Descriptors(long limit, int connections)
    {
        long room = Math.Max(0, limit - OtherDescriptors);
        string fit = string.Create(CultureInfo.InvariantCulture, $"fit into {limit:N0} file descriptors");
        return room >= connections
            ? new(Area, Health.Ok, string.Create(CultureInfo.InvariantCulture, $"{connections:N0} clients {fit}"))
            : new(Area, Health.Warn,
                string.Create(CultureInfo.InvariantCulture, $"of {connections:N0} clients {room:N0} {fit}"),
                $"LimitNOFILE={connections + OtherDescriptors} in the unit, ulimit -Hn, or fewer --mqtt-connections");
    }

    /// <summary>This process's limit, which a run from here would have too; null where the system does not tell.</summary>
    private static long? DescriptorLimit()
    {
        const string line = "Max open files", limits = "/proc/self/limits";
        if (!File.Exists(limits)) return null;
        string? said = File.ReadLines(limits).FirstOrDefault(l => l.StartsWith(line, StringComparison.Ordinal));
        string? soft = said?[line.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return long.TryParse(soft, CultureInfo.InvariantCulture, out long limit) ? limit : null;
    }

    public static Finding Certificate(string area, X509Certificate2 certificate, DateTime nowUtc)
    {
        DateTime ends = certificate.NotAfter.ToUniversalTime();
        string said = string.Create(CultureInfo.InvariantCulture, $"the certificate is good until {ends:yyyy-MM-dd}");
        return ends < nowUtc || certificate.NotBefore.ToUniversalTime() > nowUtc
            ? new(area, Health.Fail, $"the certificate is good from {certificate.NotBefore:yyyy-MM-dd} to {ends:yyyy-MM-dd} only", "renew it")
            : ends < nowUtc.AddDays(30) ? new(area, Health.Warn, said, "renew it")
            : new(area, Health.Ok, said);
    }

    /// <summary>Whether a port is free to listen on.</summary>
    public static Finding Port(string area, IPAddress bind, int port, string option)
    {
        if (port == 0) return new(area, Health.Ok, "takes any free port");
        try
        {
            using var listener = new TcpListener(bind, port);
            listener.Start();
            return new(area, Health.Ok, $"port {port} is free");
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return new(area, Health.Warn, $"port {port} is in use", $"by a brain that runs already, or by another program: {option} chooses another");
        }
        catch (SocketException e)
        {
            return new(area, Health.Fail, $"cannot listen on {bind}:{port} ({e.SocketErrorCode})", $"look at --bind and {option}");
        }
    }

    private static Finding Users(string file)
    {
        try
        {
            int count = new BrokerUsers(file, TimeProvider.System, _ => { }).Count;
            return count > 0 ? new(Area, Health.Ok, $"{count} users may come")
                : new(Area, Health.Warn, "nobody may come", "citybrain broker users add");
        }
        catch (CliFailure e)
        {
            return new(Area, Health.Fail, e.Message, "see citybrain broker users --help");
        }
    }
}
