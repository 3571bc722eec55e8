using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using CityBrain.Mqtt.Codec;
using CityBrain.Mqtt.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace CityBrain.Mqtt.Broker;

/// <summary>
/// An MQTT 3.1.1 and 5 broker inside the process, the default for a city on one machine: QoS 0 to 2, retained
/// messages, wills, sessions, wildcards and shared subscriptions, with a bound on everything a client can make it keep.
/// Kestrel listens and moves the bytes; there is no HTTP in it.
/// </summary>
public sealed class MqttBroker : IAsyncDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(3);

    private readonly MqttBrokerOptions _options;
    private readonly MessageRouter _router;
    private readonly BrokerTally _tally = new();
    private readonly ConcurrentDictionary<BrokerConnection, bool> _connections = new();
    private readonly ConcurrentDictionary<Task, bool> _inner = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly KestrelServer? _server;
    private readonly WebApplication? _services;
    private ListenOptions? _listen;
    private Task _watching = Task.CompletedTask;
    private int _disposed;

    /// <param name="options">Limits and, where it listens, the place.</param>
    /// <param name="listens">False for a broker that only serves pipes it is handed.</param>
    internal MqttBroker(MqttBrokerOptions options, bool listens)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _router = new MessageRouter(options, _tally.Links);
        if (listens)
        {
            WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration(); // what TLS needs; never run as an application
            _services = builder.Build();
            _server = CreateServer(_services.Services);
        }
    }

    /// <summary>The port in use, also when 0 was asked for.</summary>
    public int Port => _listen?.IPEndPoint?.Port ?? 0;

    /// <summary>The address for clients on this machine, such as <c>mqtt://127.0.0.1:1883</c>.</summary>
    public string Uri
    {
        get
        {
            bool any = _options.Address.Equals(IPAddress.Any) || _options.Address.Equals(IPAddress.IPv6Any);
            return $"{(_options.Tls is null ? "mqtt" : "mqtts")}://"
                + $"{new IPEndPoint(any ? IPAddress.Loopback : _options.Address, Port)}";
        }
    }

    public MqttBrokerCounters Counters
    {
        get
        {
            var router = _router.Counts;
            LinkTally links = _tally.Links;
            return new MqttBrokerCounters
            {
                ConnectionsOpen = Volatile.Read(ref _tally.Open),
                ConnectionsAccepted = Volatile.Read(ref _tally.Accepted),
                ConnectionsRefused = Volatile.Read(ref _tally.Refused),
                LoginsRefused = Volatile.Read(ref _tally.LoginsRefused),
                PublishesRefused = Volatile.Read(ref _tally.PublishesRefused),
                SubscriptionsRefused = Volatile.Read(ref _tally.SubscriptionsRefused),
                Revoked = Volatile.Read(ref _tally.Revoked),
                Sessions = router.Sessions,
                Subscriptions = router.Subscriptions,
                Retained = router.Retained,
                PacketsReceived = Volatile.Read(ref links.PacketsReceived),
                BytesReceived = Volatile.Read(ref links.BytesReceived),
                PacketsSent = Volatile.Read(ref links.PacketsSent),
                BytesSent = Volatile.Read(ref links.BytesSent),
                MessagesReceived = Volatile.Read(ref links.MessagesReceived),
                MessagesRouted = router.Routed,
                DuplicatesReceived = Volatile.Read(ref links.DuplicatesReceived),
                DroppedFull = Volatile.Read(ref links.DroppedFull),
                DroppedOversize = Volatile.Read(ref links.DroppedOversize),
                DroppedExpired = Volatile.Read(ref links.DroppedExpired),
                RetainedRefused = router.RetainedRefused,
                Malformed = Volatile.Read(ref links.Malformed),
                ProtocolErrors = Volatile.Read(ref links.ProtocolErrors),
                RateExceeded = Volatile.Read(ref _tally.RateExceeded),
                KeepAliveTimeouts = Volatile.Read(ref _tally.KeepAliveTimeouts),
                ControlOverflows = Volatile.Read(ref _tally.ControlOverflows),
                Stalled = Volatile.Read(ref _tally.Stalled),
                SharedQueueBytes = _router.QueueBytes,
                WillsPublished = router.Wills,
            };
        }
    }

    /// <summary>Starts listening. The broker runs until it is disposed.</summary>
    /// <exception cref="MqttPortBusyException">Another program has the port.</exception>
    public static async Task<MqttBroker> StartAsync(
        MqttBrokerOptions options, CancellationToken cancellation = default)
    {
        var broker = new MqttBroker(options, listens: true);
        try
        {
            await broker._server!.StartAsync(new NoHttp(), cancellation).ConfigureAwait(false);
            broker._watching = broker.WatchAsync();
            return broker;
        }
        catch (IOException e) when (e.InnerException is AddressInUseException)
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw new MqttPortBusyException(new IPEndPoint(options.Address, options.Port), e);
        }
        catch
        {
            await broker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Publishes from inside the process, without a socket.</summary>
    /// <returns>The number of subscribers it was queued for.</returns>
    /// <exception cref="ArgumentException">The topic is empty, too long or holds a wildcard.</exception>
    public int Publish(
        ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload, Qos qos = Qos.AtMostOnce, bool retain = false)
    {
        if (topic.Length > ushort.MaxValue || !Utf8Text.IsTopicName(topic))
        {
            throw new ArgumentException("A topic name is 1 to 65,535 bytes of UTF-8 without '+', '#' or U+0000.", nameof(topic));
        }

        LinkTally.Add(ref _tally.Links.MessagesReceived);
        return _router.Route(new PublishView(topic, payload, qos, retain), null);
    }

    /// <summary>
    /// The client's end of a new connection inside the process, for <see cref="Client.MqttClientOptions.Open"/>.
    /// </summary>
    /// <param name="identity">Who the client is and what it may do; null asks it to log in like any other.</param>
    public Stream Connect(MqttIdentity? identity)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var link = new InnerLink();
        Task serving = ServeInnerAsync(link, identity);
        _inner.TryAdd(serving, true);
        _ = serving.ContinueWith(t => _inner.TryRemove(t, out _), TaskScheduler.Default);
        return link.Client;
    }

    /// <summary>Tells every client that the broker goes (0x8B), then stops listening.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        foreach ((BrokerConnection connection, _) in _connections)
        {
            connection.Abort(ReasonCode.ServerShuttingDown);
        }

        await _watching.ConfigureAwait(false);
        await Task.WhenAny(Task.WhenAll(_inner.Keys), Task.Delay(StopPatience)).ConfigureAwait(false);
        if (_server is not null)
        {
            using var patience = new CancellationTokenSource(StopPatience);
            await _server.StopAsync(patience.Token).ConfigureAwait(false);
            _server.Dispose();
        }

        if (_services is not null)
        {
            await _services.DisposeAsync().ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    /// <summary>Serves one client over a pipe, whatever carries it; <paramref name="cut"/> ends that at once.</summary>
    internal async Task ServeAsync(IDuplexPipe pipe, PeerOrigin origin, Action cut)
    {
        Interlocked.Increment(ref _tally.Open);
        var connection = new BrokerConnection(_options, _router, _tally, pipe, origin, cut);
        _connections.TryAdd(connection, true);
        try
        {
            if (!_stop.IsCancellationRequested)
            {
                await connection.RunAsync().ConfigureAwait(false);
            }
        }
        finally
        {
            _connections.TryRemove(connection, out _);
            Interlocked.Decrement(ref _tally.Open);
        }
    }

    private async Task ServeInnerAsync(InnerLink link, MqttIdentity? identity)
    {
        await Task.Yield();
        try
        {
            await ServeAsync(link, new PeerOrigin(Identity: identity), () => { }).ConfigureAwait(false);
        }
        finally
        {
            link.CloseBroker();
        }
    }

    private KestrelServer CreateServer(IServiceProvider services)
    {
        var kestrel = new KestrelServerOptions { ApplicationServices = services, AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = _options.MaxConnections + 64L; // those over it learn why by CONNACK
        kestrel.Listen(_options.Address, _options.Port, listen =>
        {
            _listen = listen;
            listen.Protocols = HttpProtocols.None;
            if (_options.Tls is { } tls)
            {
                listen.UseHttps(https => BrokerTlsSettings.Apply(tls, https));
            }

            listen.Run(context => ServeAsync(context.Transport, new PeerOrigin(
                context.RemoteEndPoint, context.Features.Get<ITlsConnectionFeature>()?.ClientCertificate), context.Abort));
        });
        var sockets = new SocketTransportOptions { NoDelay = true };
        return new KestrelServer(
            Options.Create(kestrel), new SocketTransportFactory(Options.Create(sockets), NullLoggerFactory.Instance),
            NullLoggerFactory.Instance);
    }

    /// <summary>Four times a second: late CONNECTs, silent clients, delayed wills, sessions that end.</summary>
    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(WatchInterval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                long now = Environment.TickCount64;
                foreach ((BrokerConnection connection, _) in _connections)
                {
                    connection.Watch(now);
                }

                _router.Sweep(now);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    /// <summary>Kestrel asks for an HTTP application; no request ever reaches it.</summary>
    private sealed class NoHttp : Microsoft.AspNetCore.Hosting.Server.IHttpApplication<object>
    {
        public object CreateContext(Microsoft.AspNetCore.Http.Features.IFeatureCollection contextFeatures) =>
            contextFeatures;

        public Task ProcessRequestAsync(object context) => Task.CompletedTask;

        public void DisposeContext(object context, Exception? exception)
        {
        }
    }
}
