using System.Net;
using System.Text;
using CityBrain.Access;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.Mqtt.Broker;
using CityBrain.Mqtt.Codec;

namespace CityBrain.Tests.Access;

/// <summary>The users of the broker: what each role may do, who gets in, and what happens when the file changes.</summary>
public sealed class BrokerUsersTests : IDisposable
{
    private const string Right = "a-right-password-of-20";
    private readonly string _folder = Directory.CreateTempSubdirectory("users-").FullName;
    private readonly SteppedTime _time = new();
    private readonly List<string> _said = [];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>A clock that a test moves on.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        public TimeSpan Passed { get; set; }
        public override long GetTimestamp() => Passed.Ticks;
        public override long TimestampFrequency => TimeSpan.TicksPerSecond;
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UnixEpoch + Passed;
    }

    private string UsersFile => Path.Combine(_folder, "users.json");

    private static BrokerUser User(string name, BrokerRole role = BrokerRole.Sensor) => new()
    { Name = name, Role = role, Password = Password.Hash(Right, 100) };

    private void Write(params BrokerUser[] users)
    {
        PrivateFile.Replace(UsersFile, BrokerUserFile.Write(users));
        File.SetLastWriteTimeUtc(UsersFile, DateTime.UnixEpoch + _time.Passed); // no luck with the disk's clock
    }

    private BrokerUsers Open() => new(UsersFile, _time, _said.Add);

    private static MqttLogin Login(string? name, string password, string client = "c") =>
        new(client, name, Encoding.UTF8.GetBytes(password), new IPEndPoint(IPAddress.Loopback, 1));

    private static bool Publishes(MqttIdentity who, string topic) => who.MayPublish(Encoding.UTF8.GetBytes(topic));

    private static bool Subscribes(MqttIdentity who, string filter) => who.MaySubscribe(Encoding.UTF8.GetBytes(filter));

    [Fact]
    public void A_controller_is_its_own_intersection_only()
    {
        MqttIdentity who = User("j#1", BrokerRole.Controller).Identify("c");
        Assert.True(Publishes(who, "citybrain/1/east/controller/j%231/state"));
        Assert.True(Subscribes(who, "citybrain/1/east/command/j%231"));
        foreach (string topic in (string[])["citybrain/1/east/controller/j2/state", "citybrain/1/east/command/j%231",
            "citybrain/1/east/loop/j%231", "citybrain/1/east/batch", "citybrain/1/east/tick"])
            Assert.False(Publishes(who, topic), topic);
        foreach (string filter in (string[])["#", "citybrain/1/east/command/+", "citybrain/1/east/command/j2",
            "citybrain/1/east/controller/+/state"])
            Assert.False(Subscribes(who, filter), filter);
    }

    [Fact]
    public void A_sensor_a_dashboard_and_a_brain_have_what_they_need_and_no_more()
    {
        MqttIdentity sensor = (User("north") with { Ids = ["d1", "d2"], Districts = ["east"] }).Identify("c");
        Assert.True(Publishes(sensor, "citybrain/1/east/loop/d1") && Publishes(sensor, "citybrain/1/east/button/d2"));
        Assert.True(Subscribes(sensor, "citybrain/1/east/receipt/d2"));
        Assert.False(Publishes(sensor, "citybrain/1/west/loop/d1") || Publishes(sensor, "citybrain/1/east/loop/d3"));
        Assert.False(Publishes(sensor, "citybrain/1/east/receipt/d1") || Publishes(sensor, "citybrain/1/east/command/d1"));
        MqttIdentity dashboard = User("d", BrokerRole.Dashboard).Identify("c");
        Assert.True(Subscribes(dashboard, "citybrain/1/east/#"));
        Assert.False(Publishes(dashboard, "citybrain/1/east/loop/d") || Subscribes(dashboard, "#"));
        MqttIdentity brain = User("b", BrokerRole.Brain).Identify("c");
        var topics = new Ingest.Wire.FeedTopics("east");
        Assert.All(topics.BrainFilters, filter => Assert.True(Subscribes(brain, filter), filter));
        Assert.All((string[])[topics.Command("j"), topics.Receipt("d"), topics.Tock, topics.Outflow("j")],
            topic => Assert.True(Publishes(brain, topic), topic));
        Assert.False(Publishes(brain, topics.Loop("d")) || Publishes(brain, topics.Tick));
    }

    [Fact]
    public void A_name_or_client_id_with_wildcards_opens_nothing()
    {
        MqttIdentity named = User("+", BrokerRole.Controller).Identify("c");
        Assert.False(Subscribes(named, "citybrain/1/east/command/j1") || Subscribes(named, "citybrain/1/east/command/+"));
        BrokerUser own = User("u", BrokerRole.None) with { Publish = ["in/%u/%c"], Subscribe = ["out/%c"] };
        Assert.True(Publishes(own.Identify("c7"), "in/u/c7"));
        Assert.False(Publishes(own.Identify("#"), "in/u/c7") || Subscribes(own.Identify("#"), "out/c7"));
        Assert.False(Subscribes(own.Identify("+/x"), "out/c7/x"));
    }

    [Fact]
    public void The_right_password_gets_in_and_nothing_else_does()
    {
        Write(User("s1"), User("cert") with { Password = null });
        BrokerUsers users = Open();
        Assert.Equal("s1", users.LogIn(Login("s1", Right)).Identity!.Name);
        Assert.Equal("s1", users.LogIn(Login("s1", Right)).Identity!.Name);
        foreach (MqttLogin wrong in (MqttLogin[])[Login("s1", "wrong"), Login("s1", ""), Login("nobody", Right),
            Login(null, Right), Login("cert", Right), Login("cert", ""), Login("S1", Right)])
            Assert.Equal(ReasonCode.BadUserNameOrPassword, users.LogIn(wrong).Reason);
    }

    [Fact]
    public void Guessing_is_slowed_down_and_does_not_lock_out_who_was_let_in_before()
    {
        Write(User("s1"), User("s2"));
        BrokerUsers users = Open();
        users.LogIn(Login("s1", Right));
        for (int i = 0; i < 60; i++) users.LogIn(Login(i % 2 == 0 ? "s1" : "s2", "wrong"));
        Assert.Equal(ReasonCode.ConnectionRateExceeded, users.LogIn(Login("s2", Right)).Reason);
        Assert.Equal(ReasonCode.Success, users.LogIn(Login("s1", Right)).Reason);
        _time.Passed += TimeSpan.FromMinutes(16);
        Assert.Equal(ReasonCode.Success, users.LogIn(Login("s2", Right)).Reason);
    }

    [Fact]
    public void A_changed_file_takes_back_what_it_no_longer_grants_and_leaves_the_others()
    {
        Write(User("stays"), User("goes"), User("changes"));
        BrokerUsers users = Open();
        MqttIdentity[] three = [.. new[] { "stays", "goes", "changes" }.Select(n => users.LogIn(Login(n, Right)).Identity!)];
        _time.Passed += TimeSpan.FromSeconds(2);
        BrokerUser[] now = [.. BrokerUserFile.Parse(File.ReadAllBytes(UsersFile)).Where(u => u.Name != "goes")];
        Write(now[0], now[1] with { Ids = ["other"] });
        Assert.Equal([false, true, true], three.Select(i => i.IsRevoked));
        Assert.NotEqual(ReasonCode.Success, users.LogIn(Login("goes", Right)).Reason);

        _time.Passed += TimeSpan.FromSeconds(2);
        PrivateFile.Replace(UsersFile, "{\"users\":[{"u8);
        File.SetLastWriteTimeUtc(UsersFile, DateTime.UnixEpoch + _time.Passed);
        Assert.Equal(ReasonCode.Success, users.LogIn(Login("stays", Right)).Reason); // as it was
        Assert.Contains("stay as they were", Assert.Single(_said));
    }

    [Theory]
    [InlineData("{\"users\":[{\"name\":\"\"}]}", "characters")]
    [InlineData("{\"users\":[{\"name\":\"a\"},{\"name\":\"a\"}]}", "twice")]
    [InlineData("{\"users\":[{\"name\":\"a\",\"publish\":[\"a/#/b\"]}]}", "a/#/b")]
    [InlineData("{\"users\":[{\"name\":\"a\",\"role\":\"king\"}]}", "line 1")]
    [InlineData("{\"users\":[{\"name\":\"a\",\"passwort\":\"secret\"}]}", "line 1")]
    [InlineData("{\"users\":[null]}", "null")]
    [InlineData("{\"users\":[{\"name\":null}]}", "line 1")]
    [InlineData("{\"users\":[{\"name\":\"a\",\"ids\":[\"b\"],\"publish\":[null]}]}", "null")]
    [InlineData("", "line 1")]
    public void A_file_that_makes_no_sense_is_a_sentence_without_a_secret(string text, string said)
    {
        PrivateFile.WriteNew(UsersFile, Encoding.UTF8.GetBytes(text));
        CliFailure failure = Assert.Throws<CliFailure>(Open);
        Assert.Contains(said, failure.Message);
        Assert.DoesNotContain("secret", failure.Message);
    }

    [Fact]
    public void A_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows()) return;
        Write(User("a"));
        File.SetUnixFileMode(UsersFile, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", Assert.Throws<CliFailure>(Open).Message);
    }
}
