using System.CommandLine;
using System.Globalization;
using System.Net;
using CityBrain.Brain;
using CityBrain.Access;
using CityBrain.Cli;
using CityBrain.Host;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;
using CityBrain.SignalControl;

namespace CityBrain.Commands;

/// <summary>The options that `run` and the demo have in common.</summary>
internal sealed class RunCommandOptions
{
    private readonly BrokerClientOptions _broker =
        new("use this broker, mqtt://host:port or mqtts://host:port, instead of the embedded one");
    private readonly BrokerSecurityOptions _security = new();
    private readonly DashboardSecurityOptions _dashboardSecurity = new();
    private readonly Option<int> _mqttPort = new("--mqtt-port")
    { Description = "port of the embedded broker, 0 for any", DefaultValueFactory = _ => 1883 };
    private readonly Option<int> _mqttConnections = new("--mqtt-connections")
    {
        Description = "most clients of the embedded broker at the same time; each needs a file descriptor",
        DefaultValueFactory = _ => new MqttBrokerOptions().MaxConnections,
    };
    private readonly Option<int> _port = new("--port")
    { Description = "port of the dashboard, 0 for any", DefaultValueFactory = _ => 8080 };
    private readonly Option<string> _bind = new("--bind")
    { Description = "address to listen on", DefaultValueFactory = _ => "127.0.0.1" };
    private readonly Option<bool> _noDashboard = new("--no-dashboard") { Description = "without the dashboard" };
    private readonly Option<string> _policy = new("--policy")
    { Description = "signal policy", DefaultValueFactory = _ => Policies.Names[^1] };
    private readonly Option<string> _rules = new("--rules")
    { Description = "network: the city's own intergreens; resco: the benchmark's timing", DefaultValueFactory = _ => "network" };
    private readonly Option<string?> _district = new("--district") { Description = "serve this district only" };
    private readonly Option<string> _clock = new("--clock")
    { Description = "wall, or feed: time comes from the tick topic", DefaultValueFactory = _ => "wall" };
    private readonly Option<string?> _journal = new("--journal")
    { Description = "folder of the journal; one that is there is gone on with" };
    private readonly Option<string?> _archive = new("--archive")
    { Description = "folder of the archive that the HTTP API tells of the past" };
    private readonly Option<string?> _hires = new("--hires")
    { Description = "folder of imported logs that the HTTP API measures" };
    private readonly BasemapOptions _basemap = new();
    private readonly Option<string?> _commandKeys = CommandKeyFile.Option();
    private readonly Option<string?> _data = new("--data") { Description = "folder of accounts and the audit trail" };

    public RunCommandOptions()
    {
        _policy.AcceptOnlyFromAmong([.. Policies.Names]);
        _rules.AcceptOnlyFromAmong("network", "resco");
        _clock.AcceptOnlyFromAmong("wall", "feed");
        _port.Validators.Add(result => CheckPort(result, "--port"));
        _mqttPort.Validators.Add(result => CheckPort(result, "--mqtt-port"));
        _mqttConnections.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1_000_000)
                result.AddError("--mqtt-connections is a number from 1 to 1,000,000.");
        });
    }

    public void AddTo(Command command, bool ofDistrict = true)
    {
        _broker.AddTo(command);
        command.Add(_mqttPort);
        command.Add(_mqttConnections);
        command.Add(_port);
        command.Add(_bind);
        command.Add(_noDashboard);
        command.Add(_policy);
        command.Add(_rules);
        if (ofDistrict) command.Add(_district);
        if (ofDistrict) command.Add(_clock);
        if (ofDistrict) _security.AddTo(command);
        if (ofDistrict) _dashboardSecurity.AddTo(command);
        command.Add(_journal);
        command.Add(_archive);
        command.Add(_hires);
        command.Add(_data);
        if (ofDistrict) _basemap.AddTo(command);
        command.Add(_commandKeys);
    }

    /// <exception cref="CliFailure">An address that is none, or a district that the city has not.</exception>
    public RunOptions Read(ParseResult parsed, City city)
    {
        if (!IPAddress.TryParse(parsed.GetValue(_bind), out IPAddress? bind))
            throw CliFailure.Usage($"--bind is an IP address, not '{parsed.GetValue(_bind)}'");
        string? district = parsed.GetValue(_district);
        if (district is not null && !city.TryDistrict(district, out _))
            throw CliFailure.Usage($"the city has no district '{district}'; it has "
                + string.Join(", ", city.Districts.Select(d => d.Id)));
        MqttClientOptions? broker = _broker.Read(parsed);
        BrokerSecurity security = _security.Read(parsed);
        if (broker is not null && security != new BrokerSecurity(null, null))
            throw CliFailure.Usage("--mqtt-users and --mqtt-cert guard the embedded broker, and --broker is another one");
        bool feed = parsed.GetValue(_clock) == "feed";
        return new RunOptions
        {
            City = city,
            Brain = new BrainOptions
            {
                Policy = parsed.GetValue(_policy)!, Rules = parsed.GetValue(_rules)!, District = district,
            },
            Broker = broker,
            MqttSecurity = security,
            MqttPort = parsed.GetValue(_mqttPort),
            MqttConnections = parsed.GetValue(_mqttConnections),
            Bind = bind,
            Clock = feed ? ClockSource.Feed : ClockSource.Wall,
            ShownClock = feed ? ClockMode.Feed : ClockMode.Live,
            Journal = parsed.GetValue(_journal),
            Dashboard = !parsed.GetValue(_noDashboard),
            DashboardTls = _dashboardSecurity.Read(parsed),
            DashboardPort = parsed.GetValue(_port),
            DataFolder = parsed.GetValue(_data),
            Archive = parsed.GetValue(_archive),
            HiRes = parsed.GetValue(_hires),
            Basemap = _basemap.Read(parsed, city),
            CommandKeys = CommandKeyFile.Read(parsed.GetValue(_commandKeys), city, all: true),
        };
    }

    /// <summary>Says on stdout where to look.</summary>
    public static void SayWhere(BrainHost host, RunOptions options)
    {
        if (host.DashboardAddress is { } address)
            Console.Out.WriteLine($"dashboard  {address.ToString().TrimEnd('/')}"
                + (host.HasFrontEnd ? "" : "  (API only: web/dist is not built)"));
        Console.Out.WriteLine($"MQTT       {options.Broker?.ToString() ?? Embedded(host, options)}");
        if (options.Journal is not null) Console.Out.WriteLine($"journal    {options.Journal}");
        Console.Out.WriteLine(options.CommandKeys is null
            ? "commands   NOT signed: there are no --command-keys"
            : "commands   signed, HMAC-SHA256");
        Console.Out.WriteLine("Ctrl-C ends it.");
    }

    public static void ShowPassword(string user, string password) =>
        Console.Error.WriteLine($"first administrator: {user}, password: {password}  (shown once)");

    /// <summary>Waits for Ctrl-C, or for the brain's end, which is a failure.</summary>
    /// <exception cref="CliFailure">The brain's loop ended by itself.</exception>
    public static async Task UntilEnd(Task completion, CancellationToken cancel)
    {
        Task interrupted = Task.Delay(Timeout.Infinite, cancel);
        if (await Task.WhenAny(completion, interrupted) == completion && !cancel.IsCancellationRequested)
        {
            await completion;
            throw CliFailure.Failed("the brain's loop ended");
        }
    }

    private static string Embedded(BrainHost host, RunOptions options)
    {
        (string? users, bool tls) = (options.MqttSecurity.UsersFile, options.MqttSecurity.Tls is not null);
        string who = users is null ? "open to everyone who reaches it" : $"users of {users}";
        if (users is not null && !tls && !IPAddress.IsLoopback(options.Bind)) who += ", passwords IN THE CLEAR: no --mqtt-cert";
        return string.Create(CultureInfo.InvariantCulture,
            $"{(tls ? "mqtts" : "mqtt")}://{options.Bind}:{host.MqttPort}  ({who})");
    }

    private static void CheckPort(System.CommandLine.Parsing.OptionResult result, string name)
    {
        if (result.GetValueOrDefault<int>() is < 0 or > 65535) result.AddError($"{name} is a port from 0 to 65535.");
    }
}
