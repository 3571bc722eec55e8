using System.Net;
using CityBrain.Access;
using CityBrain.Brain;
using CityBrain.Controllers;
using CityBrain.Dashboard;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Client;

namespace CityBrain.Host;

internal enum ClockSource { Wall, Feed }

/// <summary>Everything that a run is started with.</summary>
internal sealed record RunOptions
{
    public required City City { get; init; }
    public required BrainOptions Brain { get; init; }
    /// <summary>Somebody else's broker; null starts the embedded one.</summary>
    public MqttClientOptions? Broker { get; init; }
    /// <summary>Users and TLS of the embedded broker.</summary>
    public BrokerSecurity MqttSecurity { get; init; } = new(null, null);
    /// <summary>Port of the embedded broker; 0 takes a free one.</summary>
    public int MqttPort { get; init; } = 1883;
    /// <summary>Clients that the embedded broker has at the same time.</summary>
    public int MqttConnections { get; init; } = new MqttBrokerOptions().MaxConnections;
    /// <summary>Address that the embedded broker and the dashboard listen on.</summary>
    public IPAddress Bind { get; init; } = IPAddress.Loopback;
    public ClockSource Clock { get; init; } = ClockSource.Wall;
    /// <summary>What the dashboard calls the clock.</summary>
    public ClockMode ShownClock { get; init; } = ClockMode.Live;
    /// <summary>Folder of the journal; null keeps none.</summary>
    public string? Journal { get; init; }
    /// <summary>Folder of the archive that the HTTP API tells of; null: none.</summary>
    public string? Archive { get; init; }
    /// <summary>Folder of imported high-resolution logs that the HTTP API measures; null: none.</summary>
    public string? HiRes { get; init; }
    public bool Dashboard { get; init; } = true;
    public int DashboardPort { get; init; } = 8080;
    /// <summary>HTTPS at the dashboard; null for plain HTTP.</summary>
    public DashboardTls? DashboardTls { get; init; }
    /// <summary>Accounts and audit trail; null keeps them in memory.</summary>
    public string? DataFolder { get; init; }
    /// <summary>What commands are signed with; null leaves them unsigned.</summary>
    public CommandKeys? CommandKeys { get; init; }
    public IReadOnlyList<SceneryShape> Scenery { get; init; } = [];
    public IReadOnlyDictionary<string, string> ChineseNames { get; init; } = new Dictionary<string, string>();
    public string? TimeZone { get; init; }
    /// <summary>A map of the world under the city; null: none.</summary>
    public Basemap? Basemap { get; init; }
}
