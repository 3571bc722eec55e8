using CityBrain.Brain;
using CityBrain.Evaluation;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Replay;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Tests.Evaluation;

/// <summary>Brains of several districts, which share nothing but events.</summary>
public class DistrictTests
{
    private static readonly SumoScenario Corridor = SumoScenario.Read(
        Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg")) with { EndS = 300 };

    /// <summary>
    /// A platoon comes to j0, green, and j1 behind it sees an empty road: how many vehicles j1 expects at
    /// most, as the reasons of its commands say. Half of the platoon may turn off.
    /// </summary>
    private static float Expected(bool exchange)
    {
        City city = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());
        DistrictSide[] sides = [.. city.Districts.Select(d => new DistrictSide(city, new BrainOptions { District = d.Id }))];
        var post = new OutflowPost(city);
        float expected = 0;
        for (int s = 0; s < 24; s++)
        {
            long nowMs = 100_000 + 1000L * s;
            Batch(city, sides, nowMs, platoonM: s < 12 ? -1 : 150 - 14 * (s - 12));
            foreach (DistrictSide side in sides)
            {
                Report(side, nowMs);
                side.Add(CityEvent.Tick(nowMs), []);
            }
            CommandBuffer commands = sides[1].Brain.Commands;
            if (commands.Count > 0) expected = Math.Max(expected, commands[0].Reason.ArrivalsVehicles);
            foreach (DistrictSide side in sides) post.Collect(side.Brain);
            if (exchange) post.Deliver(sides);
            else post.Drop();
        }
        Assert.Equal(exchange, sides[1].Brain.OutflowsHeard.Accepted > 5);
        Assert.Equal(sides[1].Brain.OutflowsHeard.Received, sides[1].Brain.OutflowsHeard.Accepted);
        return expected;
    }

    /// <summary>Pictures of all lanes, empty but for a platoon of eight on w0 from a distance on.</summary>
    private static void Batch(City city, DistrictSide[] sides, long nowMs, int platoonM)
    {
        foreach (District district in city.Districts)
        {
            var buffer = new byte[8192];
            var block = new BlockWriter(buffer, BlockKind.Cameras, Numbering.OfDetectors(city));
            foreach (Detector d in city.Detectors)
            {
                if (d.Kind != DetectorKind.Camera || city.Intersections[d.Intersection].District != district.Index) continue;
                bool platoon = platoonM >= 0 && city.Lanes[d.Lane].Id == "w0";
                VehicleSighting[] seen = [.. Enumerable.Range(0, platoon ? 8 : 0)
                    .Select(k => VehicleSighting.Of(platoonM + 14 * (k - 4), 14, 4.5, VehicleClass.Car))
                    .Where(v => v.DistanceCm > 0)];
                block.TryAddCamera(nowMs, d.Index, (uint)(nowMs / 1000), seen.Length, 0, seen);
            }
            byte[] payload = buffer[..block.Finish()];
            foreach (DistrictSide side in sides) side.Hear(district.Index, payload);
        }
    }

    private static void Report(DistrictSide side, long nowMs)
    {
        int at = side.Brain.Intersections[0];
        var buffer = new byte[256];
        var block = new BlockWriter(buffer, BlockKind.Controllers);
        block.TryAdd(new ControllerReport(nowMs, at, ControllerMode.Remote, -1, 0, Refusal.None), side.Brain.Gate.Shown(at));
        side.Hear(side.Brain.City.Intersections[at].District, buffer.AsSpan(0, block.Finish()));
    }

    [Fact]
    public void A_platoon_that_one_district_plans_to_send_arrives_in_the_other_s_plan()
    {
        Assert.InRange(Expected(exchange: true), 3f, 5f);
        Assert.InRange(Expected(exchange: false), 0f, 0.5f);
    }

    private static EvaluationResult Run(int districts, bool mute = false, bool journal = false)
    {
        City city = CityBuilder.Build(SumoNetwork.Import(Corridor.Network, districts));
        return new EvaluationRun(new EvaluationOptions
        {
            Scenario = Corridor, Policy = "predictive", Rules = TimingRules.Network, BrainPerDistrict = districts > 1,
            MuteNeighbours = mute, Journal = journal,
            Output = Directory.CreateTempSubdirectory("citybrain-districts").FullName,
        }, city).Run(null, CancellationToken.None);
    }

    [RealPartFact("sumo")]
    public void A_brain_for_each_signal_runs_the_corridor_safely_and_each_journal_replays()
    {
        EvaluationResult run = Run(3, journal: true), again = Run(3);
        Assert.True(run.Good, string.Join("\n", run.Score.Problems.Concat(run.Safety.Examples)));
        Assert.Equal((3, 0L, 0L, 0L), (run.Districts, run.Refusals, run.Fallbacks, run.OutflowsRefused));
        Assert.True(run.OutflowsAccepted > 300, $"{run.OutflowsAccepted} plans heard");
        Assert.Equal(run.Digest, again.Digest);
        foreach (string id in (string[])["d1", "d2", "d3"])
        {
            using var player = JournalPlayer.Open(Path.Combine(run.Options.Output, "journal", id));
            while (player.Step(out _)) { }
            Assert.True(player is { FirstDifference: null, DigestsEqual: > 0 });
            Assert.True(player.Brain.OutflowsHeard.Accepted > 100);
        }
    }

    [RealPartFact("sumo")]
    public void Mute_neighbours_hear_nothing_and_decide_otherwise()
    {
        EvaluationResult mute = Run(3, mute: true);
        Assert.Equal((0L, 0L), (mute.OutflowMessages, mute.OutflowsAccepted));
        Assert.True(mute.Good);
        Assert.NotEqual(mute.Score.MeanDelayS, Run(3).Score.MeanDelayS);
    }
}
