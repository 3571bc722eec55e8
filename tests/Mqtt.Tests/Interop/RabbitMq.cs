using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Interop;

/// <summary>
/// Debian's RabbitMQ with its MQTT plugin: a node of its own, with files, ports, cookie and port mapper that nothing else
/// on this machine uses. Starting takes some ten seconds, so a class of tests shares one.
/// </summary>
public sealed class RabbitMq : IAsyncLifetime, IDisposable
{
    internal static readonly string[] Parts = ["rabbitmq-server", "epmd"];
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly string _folder = Directory.CreateTempSubdirectory("rabbitmq-").FullName;
    private readonly TestAuthority _authority;
    private ForeignProcess? _mapper, _server;

    public RabbitMq() => _authority = new TestAuthority(_folder);

    public int Port { get; } = LocalPort.Free();

    /// <summary>The port for TLS; who shows a certificate there must have it from <see cref="Authority"/>.</summary>
    public int TlsPort { get; } = LocalPort.Free();

    /// <summary>Who issued the server's certificate, for localhost.</summary>
    internal TestAuthority Authority => _authority;

    /// <summary>Version of the server, as it says when it starts.</summary>
    public Version Version { get; private set; } = new();

    public async Task InitializeAsync()
    {
        if (RealPart.Missing(Parts) is not null) return; // its tests are skipped
        File.WriteAllText(In("enabled_plugins"), "[rabbitmq_mqtt].\n");
        (string certFile, string keyFile) = _authority.IssueFiles("localhost", client: false);
        File.WriteAllLines(In("rabbitmq.conf"),
        [
            "listeners.tcp = none", $"mqtt.listeners.tcp.1 = 127.0.0.1:{Port}", $"mqtt.listeners.ssl.1 = 127.0.0.1:{TlsPort}",
            "mqtt.allow_anonymous = true", $"ssl_options.cacertfile = {_authority.CaFile}", $"ssl_options.certfile = {certFile}",
            $"ssl_options.keyfile = {keyFile}", "ssl_options.verify = verify_peer", "ssl_options.fail_if_no_peer_cert = false",
            "ssl_options.versions.1 = tlsv1.3", "ssl_options.versions.2 = tlsv1.2",
        ]);
        string mapperPort = $"{LocalPort.Free()}";
        // Erlang's port mapper outlives its nodes; as a process of ours it does not.
        _mapper = ForeignProcess.Start("epmd", "-port", mapperPort, "-address", "127.0.0.1");
        _server = ForeignProcess.Start("rabbitmq-server", _folder, [],
            ("HOME", _folder), ("ERL_EPMD_PORT", mapperPort), ("ERL_EPMD_ADDRESS", "127.0.0.1"),
            ("RABBITMQ_NODENAME", $"citybrain{Port}@localhost"), ("RABBITMQ_DIST_PORT", $"{LocalPort.Free()}"),
            ("RABBITMQ_MNESIA_BASE", In("mnesia")), ("RABBITMQ_LOG_BASE", In("log")), ("RABBITMQ_LOGS", "-"),
            ("RABBITMQ_ENABLED_PLUGINS_FILE", In("enabled_plugins")), ("RABBITMQ_CONFIG_FILE", In("rabbitmq")),
            ("RABBITMQ_ADVANCED_CONFIG_FILE", In("advanced")), ("RABBITMQ_CONF_ENV_FILE", "/dev/null"),
            ("RABBITMQ_GENERATED_CONFIG_DIR", In("config")), ("RABBITMQ_FEATURE_FLAGS_FILE", In("feature_flags")),
            ("RABBITMQ_PID_FILE", In("pid")));
        await Eventually.True(() => LocalPort.IsOpen(Port) && LocalPort.IsOpen(TlsPort) && Started() is not null,
            $"RabbitMQ: {_server}", Patience);
        Version = Version.Parse(Started()!);
    }

    public Task DisposeAsync()
    {
        _server?.Dispose();
        _mapper?.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    public void Dispose() => _authority.Dispose();

    /// <summary>The version in the line "Starting RabbitMQ 3.10.8 on Erlang 25".</summary>
    private string? Started() => _server!.Lines.Select(line => line.Split("Starting RabbitMQ "))
        .FirstOrDefault(halves => halves.Length == 2)?[1].Split(' ')[0];

    private string In(string name) => Path.Combine(_folder, name);
}
