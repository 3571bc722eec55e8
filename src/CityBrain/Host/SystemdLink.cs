using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace CityBrain.Host;

/// <summary>
/// What a unit with Type=notify says to systemd: datagrams of lines to the socket that it names (sd_notify(3)). Without
/// systemd there is none, and nothing is said.
/// </summary>
internal sealed class SystemdLink : IDisposable
{
    private readonly Socket _socket;
    private readonly UnixDomainSocketEndPoint _where;

    /// <param name="socket">Path of the socket; a leading @ is Linux's abstract name space.</param>
    /// <param name="watchdog">Longest silence before systemd kills the process; null without a watchdog.</param>
    public SystemdLink(string socket, TimeSpan? watchdog)
    {
        _where = new UnixDomainSocketEndPoint(socket.StartsWith('@') ? "\0" + socket[1..] : socket);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        Watchdog = watchdog;
    }

    public TimeSpan? Watchdog { get; }

    /// <summary>The link that systemd gave this process by its environment; null where it did not.</summary>
    public static SystemdLink? FromEnvironment()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } socket || socket[0] is not ('/' or '@')) return null;
        string? us = Environment.GetEnvironmentVariable("WATCHDOG_USEC"), pid = Environment.GetEnvironmentVariable("WATCHDOG_PID");
        bool ours = pid is null || pid == Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        bool watched = ours && long.TryParse(us, NumberStyles.None, CultureInfo.InvariantCulture, out long period) && period > 0;
        return new SystemdLink(socket, watched ? TimeSpan.FromMicroseconds(long.Parse(us!, CultureInfo.InvariantCulture)) : null);
    }

    public void Ready(string status) => Say($"READY=1\nSTATUS={status}");

    public void Stopping() => Say("STOPPING=1\nSTATUS=stopping");

    /// <summary>
    /// Says twice in each period of the watchdog that the process lives, as long as <paramref name="isAlive"/> finds so;
    /// else it is silent, and systemd starts it anew.
    /// </summary>
    public async Task WatchAsync(Func<bool> isAlive, CancellationToken cancel)
    {
        if (Watchdog is not { } period) return;
        using var timer = new PeriodicTimer(period / 2);
        try
        {
            while (await timer.WaitForNextTickAsync(cancel))
                Say(isAlive() ? "WATCHDOG=1" : "STATUS=the brain's loop stands still");
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Say(string lines)
    {
        try
        {
            _socket.SendTo(Encoding.UTF8.GetBytes(lines), _where);
        }
        catch (SocketException)
        {
            // systemd is gone, or never was: the brain goes on.
        }
    }
}
