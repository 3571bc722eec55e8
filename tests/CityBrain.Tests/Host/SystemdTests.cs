using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using CityBrain.Host;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Host;

/// <summary>What the product says to systemd, heard on a real datagram socket.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sd-").FullName;
    private readonly Socket _ear = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> _heard = new();

    public SystemdTests() => _ear.Bind(new UnixDomainSocketEndPoint(Path.Combine(_folder, "notify")));

    public void Dispose()
    {
        _ear.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private string NotifySocket => Path.Combine(_folder, "notify");

    private async Task HearAsync(Func<string[], bool> enough)
    {
        using var patience = new CancellationTokenSource(RunningProgram.Patience);
        var buffer = new byte[4096];
        while (!enough([.. _heard]))
            _heard.Enqueue(Encoding.UTF8.GetString(buffer, 0, await _ear.ReceiveAsync(buffer, patience.Token)));
    }

    [RealPartFact("env", "kill")]
    public async Task A_run_says_when_it_is_ready_that_it_lives_and_that_it_stops()
    {
        string city = Path.Combine(_folder, "city.json");
        File.WriteAllBytes(city, CityJson.Write(TinyCity.Describe()));
        using RunningProgram run = RunningProgram.Start("env", $"NOTIFY_SOCKET={NotifySocket}", "WATCHDOG_USEC=3000000",
            "dotnet", Path.Combine(AppContext.BaseDirectory, "citybrain.dll"), "run", "--city", city, "--no-dashboard",
            "--mqtt-port", "0", "--journal", Path.Combine(_folder, "journal"));
        await HearAsync(heard => heard.Count(h => h == "WATCHDOG=1") >= 2);
        Assert.StartsWith("READY=1\nSTATUS=", _heard.First());
        using (RunningProgram kill = RunningProgram.Start("kill", "-TERM", $"{run.ProcessId}")) await kill.EndAsync();
        await HearAsync(heard => heard.Any(h => h.StartsWith("STOPPING=1", StringComparison.Ordinal)));
        Assert.Equal(130, await run.EndAsync()); // the unit counts it as a good end
        using RunningProgram verify = RunningProgram.Product("verify", Path.Combine(_folder, "journal"));
        Assert.Equal(0, await verify.EndAsync());
    }

    [Fact]
    public async Task The_watchdog_is_fed_only_while_the_brain_moves_on()
    {
        using var link = new SystemdLink(NotifySocket, TimeSpan.FromMilliseconds(20));
        using var stop = new CancellationTokenSource();
        bool alive = false;
        Task watching = link.WatchAsync(() => alive, stop.Token);
        await HearAsync(heard => heard.Length >= 3);
        Assert.All(_heard, h => Assert.StartsWith("STATUS=", h));
        alive = true;
        await HearAsync(heard => heard.Contains("WATCHDOG=1"));
        await stop.CancelAsync();
        await watching;
    }

    [Fact]
    public void A_systemd_that_is_gone_disturbs_nothing()
    {
        using var link = new SystemdLink(Path.Combine(_folder, "nobody"), null);
        link.Ready("x");
        link.Stopping();
        using var abstractName = new SystemdLink("@nobody-listens-here", null);
        abstractName.Ready("x");
    }

    [RealPartFact("systemd-analyze")]
    public async Task The_unit_is_one_and_keeps_the_process_in()
    {
        string unit = Path.Combine(RealPart.Root, "eng", "systemd", "citybrain.service");
        using RunningProgram judged = RunningProgram.Start(
            "systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", unit);
        int code = await judged.EndAsync();
        Assert.True(code == 0, judged.ToString());
    }
}
