using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using CityBrain.Model;

namespace CityBrain.Dashboard;

/// <summary>What the dashboard shows, where it listens, and what it may do.</summary>
public sealed record DashboardOptions
{
    public required City City { get; init; }
    public IPAddress Bind { get; init; } = IPAddress.Loopback;
    /// <summary>TCP port; 0 takes a free one.</summary>
    public int Port { get; init; } = 8080;
    /// <summary>TLS 1.2 or 1.3 with this certificate; null for plain HTTP, as behind a proxy that has TLS.</summary>
    public DashboardTls? Tls { get; init; }
    /// <summary>Where accounts and the audit trail lie; null keeps them in memory.</summary>
    public string? DataFolder { get; init; }
    /// <summary>The built front end; null looks for web/dist of the repository, then www beside the programme.</summary>
    public string? WebFolder { get; init; }
    /// <summary>Viewing needs no login; null: only when bound to the loopback address.</summary>
    public bool? OpenViewing { get; init; }
    /// <summary>Where an operator's overrides go; null refuses them with a clear answer.</summary>
    public ChannelWriter<OverrideRequest>? Overrides { get; init; }
    /// <summary>More Prometheus text to add to /metrics.</summary>
    public Func<string>? Metrics { get; init; }
    /// <summary>The replay that drives this dashboard; null when it shows the present.</summary>
    public IReplayControl? Replay { get; init; }
    /// <summary>The past, on disk; null answers questions about it with a clear 404.</summary>
    public IRecordedHistory? Recorded { get; init; }
    /// <summary>Decoration of the map: water, parks, buildings.</summary>
    public IReadOnlyList<SceneryShape> Scenery { get; init; } = [];
    /// <summary>A map of the world under the city's own geometry; null: none, and no request leaves the origin.</summary>
    public Basemap? Basemap { get; init; }
    /// <summary>Chinese forms of the names of streets, parks, districts and the city, as people there write them.</summary>
    public IReadOnlyDictionary<string, string> ChineseNames { get; init; } = new Dictionary<string, string>();
    /// <summary>IANA name of the time zone times are shown in; null: the viewer's own.</summary>
    public string? TimeZone { get; init; }
    /// <summary>Smallest pause between two frames to the viewers, milliseconds.</summary>
    public int FramePauseMs { get; init; } = 200;
    /// <summary>Most viewers at once; further ones get 503.</summary>
    public int MaxViewers { get; init; } = 500;
    /// <summary>Requests a minute from one address, the login counted apart.</summary>
    public int RequestsPerMinute { get; init; } = 1200;
    /// <summary>Memory for the frames that can be scrubbed back to, bytes.</summary>
    public int HistoryBytes { get; init; } = 64 << 20;
    /// <summary>Iterations of PBKDF2-HMAC-SHA256 (OWASP's Password Storage Cheat Sheet: at least 600,000).</summary>
    public int PasswordIterations { get; init; } = 600_000;
    /// <summary>Called once with the first administrator's password, when there was no account yet.</summary>
    public Action<string, string>? FirstPassword { get; init; }
    /// <summary>One line for each thing worth logging.</summary>
    public Action<string>? Log { get; init; }
    public TimeProvider Time { get; init; } = TimeProvider.System;
}

/// <summary>TLS of the dashboard.</summary>
/// <param name="Certificate">Its own, with the private key.</param>
/// <param name="Chain">Certificates between it and the one that browsers trust.</param>
public sealed record DashboardTls(X509Certificate2 Certificate, X509Certificate2Collection? Chain = null);

/// <summary>One shape of the map's background, in metres of the city's plane.</summary>
/// <param name="Kind">water, river, park, building, rail, square or label.</param>
/// <param name="Outline">A ring for an area, a line for river and rail, one point for a label.</param>
/// <param name="WidthM">Width of a line.</param>
/// <param name="Name">Its name, if people know it by one.</param>
public sealed record SceneryShape(string Kind, IReadOnlyList<Point> Outline, double WidthM = 0, string? Name = null);

/// <summary>What an operator asks for; the root makes an <see cref="EventKind.Override"/> event of it.</summary>
public sealed record OverrideRequest(
    int Intersection, OverrideKind Kind, int Stage, int Seconds, string User, string Reason);

/// <summary>The dashboard could not be started; the message is a sentence for the person at the terminal.</summary>
public sealed class DashboardStartException(string message, Exception? inner = null) : Exception(message, inner);
