using CityBrain.Ingest.Wire;
using CityBrain.Mqtt.Broker;

namespace CityBrain.Access;

/// <summary>What a user of the broker is for; each role may do what its work needs and no more.</summary>
internal enum BrokerRole
{
    /// <summary>Only what its own rules say.</summary>
    None,
    /// <summary>Publishes readings of its detectors and hears their receipts.</summary>
    Sensor,
    /// <summary>Publishes the state of its intersections and hears their commands.</summary>
    Controller,
    /// <summary>Hears every reading and publishes commands, receipts and what it plans.</summary>
    Brain,
    /// <summary>Hears everything and publishes nothing.</summary>
    Dashboard,
}

/// <summary>
/// A user of the embedded broker. The rules of its role are filled with its ids and districts; rules of its own may hold
/// %u for its name and %c for its client id. Every value becomes one level of a topic, escaped as
/// <see cref="TopicLevel"/> says: no name or client id can be a wildcard (that was CVE-2017-7650 of another broker).
/// </summary>
internal sealed record BrokerUser
{
    public const string Any = "*";

    public required string Name { get; init; }
    public BrokerRole Role { get; init; }
    /// <summary>As <see cref="Dashboard.Password"/> writes it; null for a user that shows a certificate of this name.</summary>
    public string? Password { get; init; }
    /// <summary>Detectors of a sensor, intersections of a controller; "*" for all. Null: the one of the user's name.</summary>
    public string[]? Ids { get; init; }
    /// <summary>Null for every district.</summary>
    public string[]? Districts { get; init; }
    /// <summary>Topic filters that it may publish to besides.</summary>
    public string[]? Publish { get; init; }
    /// <summary>Topic filters that it may subscribe to besides.</summary>
    public string[]? Subscribe { get; init; }

    /// <summary>What this user may do over a connection with this client id.</summary>
    /// <exception cref="ArgumentException">A rule of its own is no topic filter.</exception>
    public MqttIdentity Identify(string clientId, Func<bool>? isRevoked = null)
    {
        (string[] publish, string[] subscribe) = Templates(Role);
        return new MqttIdentity(Name,
            publish.SelectMany(Fill).Concat(Own(Publish, clientId)),
            subscribe.SelectMany(Fill).Concat(Own(Subscribe, clientId)), isRevoked);
    }

    /// <summary>What may be published and subscribed to, with %d for a district and %i for an id.</summary>
    private static (string[] Publish, string[] Subscribe) Templates(BrokerRole role) => role switch
    {
        BrokerRole.Sensor => (["%d/loop/%i", "%d/camera/%i", "%d/button/%i"], ["%d/receipt/%i"]),
        BrokerRole.Controller => (["%d/controller/%i/state"], ["%d/command/%i"]),
        BrokerRole.Brain => (["%d/command/+", "%d/receipt/+", "%d/outflow/+", "%d/tock"],
            ["%d/loop/+", "%d/camera/+", "%d/button/+", "%d/controller/+/state", "%d/batch", "%d/tick"]),
        BrokerRole.Dashboard => ([], ["%d/#"]),
        _ => ([], []),
    };

    private IEnumerable<string> Fill(string template) =>
        from district in Districts ?? [Any]
        from id in template.Contains("%i", StringComparison.Ordinal) ? Ids ?? [Name] : [""]
        select template.Replace("%d", "citybrain/1/" + Level(district), StringComparison.Ordinal)
            .Replace("%i", Level(id), StringComparison.Ordinal);

    private IEnumerable<string> Own(string[]? rules, string clientId) => (rules ?? []).Select(rule =>
        string.Join('/', rule.Split('/').Select(level => level switch
        {
            "%u" => TopicLevel.Escape(Name),
            "%c" => TopicLevel.Escape(clientId),
            _ => level,
        })));

    private static string Level(string value) => value == Any ? "+" : TopicLevel.Escape(value);
}
