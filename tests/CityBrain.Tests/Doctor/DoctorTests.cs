using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using CityBrain.Cli;
using CityBrain.Doctor;
using CityBrain.Model;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;
using CityBrain.Testing;

namespace CityBrain.Tests.Doctor;

/// <summary>What is well is said to be, what is not is found, and each finding says what to do.</summary>
public sealed class DoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string In(string name) => Path.Combine(_folder, name);

    private string CityFile()
    {
        File.WriteAllBytes(In("city.json"), CityJson.Write(TinyCity.Describe()));
        return In("city.json");
    }

    private async Task<(int Code, (string Area, string Health, string What, string Advice)[] Found)> AskAsync(
        params string[] options)
    {
        using RunningProgram product = RunningProgram.Product(
            ["doctor", "--city", CityFile(), "--json", "--mqtt-port", "0", "--port", "0", .. options]);
        int code = await product.EndAsync();
        var found = product.Output.Select(line => JsonDocument.Parse(line).RootElement).Select(e => (
            e.GetProperty("area").GetString()!, e.GetProperty("health").GetString()!,
            e.GetProperty("what").GetString()!, e.GetProperty("advice").GetString()!)).ToArray();
        Assert.All(found, f => Assert.Equal(f.Item2 == "ok", f.Item4.Length == 0));
        return (code, found);
    }

    [Fact]
    public async Task A_run_that_would_go_well_fails_nowhere()
    {
        var (code, found) = await AskAsync("--journal", In("journal"), "--data", In("data"));
        Assert.True(code == 0, string.Join('\n', found));
        foreach (string area in (string[])["city", "clock", "disk", "broker", "dashboard", "keys"])
            Assert.Contains(found, f => f.Area == area);
        Assert.DoesNotContain(found, f => f.Health == "fail");
        Assert.Empty(Directory.GetFiles(In("journal"))); // nothing is left behind
    }

    [Fact]
    public async Task What_would_not_go_is_found_all_at_once()
    {
        File.WriteAllText(In("file"), "not a folder");
        Directory.CreateDirectory(In("data"));
        File.WriteAllText(Path.Combine(In("data"), "accounts.json"), "[]");
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Path.Combine(In("data"), "accounts.json"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var (code, found) = await AskAsync("--journal", Path.Combine(In("file"), "journal"), "--data", In("data"),
            "--bind", "0.0.0.0");
        Assert.Equal(1, code);
        Assert.Contains(found, f => f is { Area: "disk", Health: "fail" });
        Assert.Contains(found, f => f is { Area: "keys", Health: "fail" } && f.What.Contains("accounts.json"));
        Assert.Contains(found, f => f is { Area: "broker", Health: "fail" } && f.What.Contains("anyone"));
        Assert.Contains(found, f => f is { Area: "dashboard", Health: "warn" } && f.What.Contains("in the clear"));
        Assert.Contains(found, f => f is { Area: "keys", Health: "warn" } && f.What.Contains("not signed"));
    }

    [Fact]
    public async Task A_broker_is_asked_whether_it_lets_the_brain_in_and_hear()
    {
        await using MqttBroker broker = await MqttBroker.StartAsync(new MqttBrokerOptions
        {
            Port = 0,
            Authenticate = l => l.UserName switch
            {
                "brain" => MqttAdmission.Admit(),
                "deaf" => MqttAdmission.Admit(new MqttIdentity("deaf", [], [])),
                _ => MqttAdmission.Refuse(ReasonCode.BadUserNameOrPassword),
            },
        });
        string address = $"mqtt://127.0.0.1:{broker.Port}";
        PrivateFile.WriteNew(In("password"), "x"u8);
        var right = await AskAsync("--broker", address, "--broker-user", "brain", "--broker-password-file", In("password"));
        Assert.True(right.Code == 0, string.Join('\n', right.Found));
        Assert.Equal(2, right.Found.Count(f => f is { Area: "broker", Health: "ok" }));
        var wrong = await AskAsync("--broker", address, "--broker-user", "nobody");
        Assert.Equal(1, wrong.Code);
        Assert.Contains(wrong.Found, f => f is { Area: "broker", Health: "fail" } && f.Advice.Contains("--broker-user"));
        var deaf = await AskAsync("--broker", address, "--broker-user", "deaf");
        Assert.Contains(deaf.Found, f => f is { Area: "broker", Health: "fail" } && f.What.Contains("citybrain/1/"));
        var nowhere = await AskAsync("--broker", $"mqtt://127.0.0.1:{RunningProgram.FreePort()}");
        Assert.Contains(nowhere.Found, f => f is { Area: "broker", Health: "fail" } && f.Advice.Contains("start it"));
    }

    [Fact]
    public async Task A_city_that_is_none_and_options_that_do_not_go_together_fail_first()
    {
        using RunningProgram missing = RunningProgram.Product("doctor", "--city", In("nowhere.json"));
        Assert.Equal(1, await missing.EndAsync());
        Assert.StartsWith("fail  city", Assert.Single(missing.Output));
        var (code, found) = await AskAsync("--mqtt-cert", "c.pem");
        Assert.Equal((1, "configuration"), (code, Assert.Single(found).Area));
    }

    [Fact]
    public void Clocks_that_cannot_be_that_jump_or_that_nobody_keeps_are_told()
    {
        var built = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);
        Assert.Equal(Health.Fail, ClockCheck.Date(new DateTimeOffset(1970, 1, 1, 0, 0, 5, TimeSpan.Zero), built).Health);
        Assert.Equal(Health.Fail, ClockCheck.Date(new DateTimeOffset(2090, 1, 1, 0, 0, 5, TimeSpan.Zero), built).Health);
        Assert.Equal(Health.Ok, ClockCheck.Date(new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero), built).Health);
        Assert.Equal(Health.Warn, ClockCheck.Steady(TimeSpan.FromMilliseconds(-900)).Health);
        Assert.Equal(Health.Ok, ClockCheck.Steady(TimeSpan.FromMilliseconds(-1)).Health);
        Assert.Equal(Health.Warn, ClockCheck.Kept(null).Health);
        Assert.Equal(Health.Warn, ClockCheck.Kept((false, 16_000_000)).Health);
        Assert.Contains("900 ms", ClockCheck.Kept((true, 900_000)).What);
        Assert.Equal(Health.Ok, ClockCheck.Kept((true, 4_000)).Health);
    }

    [Fact]
    public void Room_and_slow_disks_have_bounds()
    {
        Assert.Equal(Health.Fail, DiskCheck.Room("x", "/x", 100L << 20).Health);
        Assert.Equal(Health.Warn, DiskCheck.Room("x", "/x", 2L << 30).Health);
        Assert.Equal(Health.Ok, DiskCheck.Room("x", "/x", 20L << 30).Health);
        Assert.Equal(Health.Warn, DiskCheck.Sync("x", TimeSpan.FromSeconds(1)).Health);
        Assert.Equal(Health.Ok, DiskCheck.Sync("x", TimeSpan.FromMilliseconds(5)).Health);
    }

    [Fact]
    public void Clients_need_file_descriptors()
    {
        Assert.Equal(Health.Ok, BrokerCheck.Descriptors(65_536, 20_000).Health);
        Finding few = BrokerCheck.Descriptors(1_024 + 4_000, 20_000);
        Assert.Equal(Health.Warn, few.Health);
        Assert.Contains("4,000 fit", few.What);
        Assert.Contains("LimitNOFILE=21024", few.Advice);
    }

    [Fact]
    public void A_port_that_is_taken_is_a_warning_since_it_may_be_the_brain_itself()
    {
        using var busy = new TcpListener(IPAddress.Loopback, 0);
        busy.Start();
        int port = ((IPEndPoint)busy.LocalEndpoint).Port;
        Assert.Equal(Health.Warn, BrokerCheck.Port("broker", IPAddress.Loopback, port, "--mqtt-port").Health);
        Assert.Equal(Health.Fail, BrokerCheck.Port("broker", IPAddress.Parse("192.0.2.77"), 1, "--mqtt-port").Health);
    }
}
