using System.Text;
using System.Threading.Channels;
using CityBrain.Brain;
using CityBrain.Evaluation;
using CityBrain.Host;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Replay;
using CityBrain.Simulation.Sumo;
using CityBrain.Telemetry;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>Brains of several districts, which share nothing but events.</summary>
public class DistrictTests
{
    private static readonly SumoScenario Corridor = SumoScenario.Read(
        Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg")) with { EndS = 240 };

    /// <summary>
    /// Both districts' brains live through the platoon, each in turn hearing at once what the other plans.
    /// How many vehicles j1 expects at most while its own road is empty, as the reasons of its commands say;
    /// half of the platoon may turn off.
    /// </summary>
    private static float Expected(bool exchange, out DistrictSide[] sides)
    {
        var street = new PlatoonStreet();
        sides = [.. street.City.Districts
            .Select(d => new DistrictSide(street.City, new BrainOptions { District = d.Id }))];
        var post = new OutflowPost(street.City);
        float expected = 0;
        for (int s = 0; s < PlatoonStreet.Seconds; s++)
        {
            foreach (District d in street.City.Districts)
                foreach (DistrictSide side in sides) side.Hear(d.Index, street.Batch(d, s));
            foreach (DistrictSide side in sides)
            {
                side.Add(CityEvent.Tick(PlatoonStreet.TimeMs(s)), []);
                CommandBuffer commands = side.Brain.Commands;
                if (side == sides[1] && commands.Count > 0)
                    expected = Math.Max(expected, commands[0].Reason.ArrivalsVehicles);
                post.Collect(side.Brain);
                if (exchange) post.Deliver(sides);
                else post.Drop();
            }
        }
        Assert.Equal(exchange, sides[1].Brain.OutflowsHeard.Accepted > 5);
        Assert.Equal(sides[1].Brain.OutflowsHeard.Received, sides[1].Brain.OutflowsHeard.Accepted);
        return expected;
    }

    [Fact]
    public void A_platoon_that_one_district_plans_to_send_arrives_in_the_other_s_plan()
    {
        Assert.InRange(Expected(exchange: true, out _), 3f, 5f);
        Assert.InRange(Expected(exchange: false, out _), 0f, 0.5f);
    }

    [Fact]
    public async Task Over_a_broker_two_runs_of_a_district_each_decide_as_they_do_in_process()
    {
        Expected(exchange: true, out DistrictSide[] sides);
        using var limit = new CancellationTokenSource(RunningProgram.Patience);
        await using BrainHost west = await StartAsync("d0", null, limit.Token);
        await using BrainHost east = await StartAsync("d1", west.MqttPort, limit.Token);
        await DriveAsync(west.MqttPort, limit.Token);
        await EverythingTakenAsync(west, sides[0].Brain.EventCount, limit.Token);
        await EverythingTakenAsync(east, sides[1].Brain.EventCount, limit.Token);
        Assert.Equal(sides[0].Brain.OutflowsHeard, west.Brain.OutflowsHeard);
        Assert.Equal(sides[1].Brain.OutflowsHeard, east.Brain.OutflowsHeard);
        Assert.True(east.Brain.OutflowsHeard.Accepted > 5);
        Assert.Equal(sides[0].Brain.Digest(), west.Brain.Digest());
        Assert.Equal(sides[1].Brain.Digest(), east.Brain.Digest());
    }

    /// <summary>A run of one district in lockstep; without a port it has the broker.</summary>
    private static Task<BrainHost> StartAsync(string district, int? brokerPort, CancellationToken cancel)
    {
        var options = new RunOptions
        {
            City = new PlatoonStreet().City, Brain = new BrainOptions { District = district },
            MqttPort = 0, Dashboard = false, Clock = ClockSource.Feed,
            Broker = brokerPort is { } port ? new MqttClientOptions { Port = port } : null,
        };
        return BrainHost.StartAsync(options, new Log(TextWriter.Null, false), null, cancel);
    }

    // The last plan that is told comes to its reader after the last tock.
    private static async Task EverythingTakenAsync(BrainHost host, ulong events, CancellationToken cancel)
    {
        while ((ulong)host.Loop.Events < events) await Task.Delay(20, cancel);
    }

    /// <summary>
    /// Plays the street to both: all readings, then a tick to one district after the other, each when the one
    /// before has told its plans and answered.
    /// </summary>
    private static async Task DriveAsync(int port, CancellationToken cancel)
    {
        var street = new PlatoonStreet();
        var tocks = Channel.CreateUnbounded<long>();
        await using var client = new MqttClient(new MqttClientOptions { Port = port, ClientId = "street" }, Tock);
        await client.ConnectAsync(cancellation: cancel);
        FeedTopics[] topics = [.. street.City.Districts.Select(d => new FeedTopics(d.Id))];
        foreach (FeedTopics t in topics) await client.SubscribeAsync(t.Tock, Qos.AtMostOnce, cancel);
        var tick = new byte[64];
        for (int s = 0; s < PlatoonStreet.Seconds; s++)
        {
            foreach (District d in street.City.Districts)
                Assert.True(client.TryPublish(Encoding.ASCII.GetBytes(topics[d.Index].Batch), street.Batch(d, s)));
            int length = ClockFeed.WriteTick(tick, PlatoonStreet.TimeMs(s));
            foreach (FeedTopics t in topics)
            {
                Assert.True(client.TryPublish(Encoding.ASCII.GetBytes(t.Tick), tick.AsSpan(0, length)));
                Assert.Equal(PlatoonStreet.TimeMs(s), await tocks.Reader.ReadAsync(cancel));
            }
        }

        void Tock(in PublishView message)
        {
            if (ClockFeed.TryReadTock(message.Payload, out long timeMs, out int _)) tocks.Writer.TryWrite(timeMs);
        }
    }

    private static EvaluationResult Run(int districts, bool mute = false, bool journal = false)
    {
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network, districts));
        return new EvaluationRun(new EvaluationOptions
        {
            Scenario = Corridor, Policy = "predictive", Rules = TimingRules.Network,
            BrainPerDistrict = districts > 1, MuteNeighbours = mute, Journal = journal,
            Output = Directory.CreateTempSubdirectory("citybrain-districts").FullName,
        }, city).Run(null, CancellationToken.None);
    }

    [RealPartFact("sumo")]
    public void A_brain_for_each_signal_runs_the_corridor_safely_and_each_journal_replays()
    {
        EvaluationResult run = Run(3, journal: true), again = Run(3), mute = Run(3, mute: true);
        Assert.True(run.Good && mute.Good, string.Join("\n", run.Score.Problems.Concat(run.Safety.Examples)));
        Assert.Equal((3, 0L, 0L, 0L), (run.Districts, run.Refusals, run.Fallbacks, run.OutflowsRefused));
        Assert.True(run.OutflowsAccepted > 300, $"{run.OutflowsAccepted} plans heard");
        Assert.Equal((0L, 0L), (mute.OutflowMessages, mute.OutflowsAccepted));
        Assert.Equal(run.Digest, again.Digest);
        Assert.NotEqual(run.Score.MeanDelayS, mute.Score.MeanDelayS);
        foreach (string id in (string[])["d1", "d2", "d3"])
        {
            using var player = JournalPlayer.Open(Path.Combine(run.Options.Output, "journal", id));
            while (player.Step(out _)) { }
            Assert.True(player is { FirstDifference: null, DigestsEqual: > 0 });
            Assert.True(player.Brain.OutflowsHeard.Accepted > 100);
        }
    }
}
