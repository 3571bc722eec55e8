using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Replay.Tests;

/// <summary>
/// The brain of one district, its neighbour's plans in its journal: live = replay as for any.
/// </summary>
public sealed class DistrictReplayTests : IDisposable
{
    private static readonly City Two = CityBuilder.Build(CrossingCity.DescribeTwoDistricts());
    private static readonly BrainOptions East = new() { District = "d1" };

    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-districts-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static DistrictBrain Brain(BrainOptions options) => new(Two, options);

    /// <summary>
    /// Lives through a script with both brains; what the west plans comes to the east, now and then spoilt.
    /// </summary>
    private static void Live(ulong seed, DistrictBrain east, JournalWriter journal, List<string> decisions)
    {
        DistrictBrain west = Brain(East with { District = "d0" });
        var random = SeededRandom.For(seed, 3);
        new EventScript(Two, seed).Play(600, 1_000_000, (e, extra) =>
        {
            west.Accept(e, extra);
            Take(e, extra);
            for (int k = 0; k < west.Outflows.Count; k++)
            {
                byte[] flows = west.Outflows.Extra(k).ToArray();
                if (random.Next(10) == 0) flows[random.Next(flows.Length)] = (byte)random.Next(256);
                Take(west.Outflows[k] with { TimeMs = e.TimeMs - random.Next(3) * 40_500 }, flows);
            }
        });

        void Take(CityEvent e, byte[] extra)
        {
            journal.Add(e, extra);
            if (e.Kind == EventKind.Tick) journal.Commit();
            east.Accept(e, extra);
            decisions.AddRange(Decisions(east));
        }
    }

    /// <summary>What a tick led to: when, where, and the stage asked for and commanded.</summary>
    private static IEnumerable<string> Decisions(DistrictBrain brain)
    {
        for (int i = 0; i < brain.Commands.Count; i++)
        {
            SignalCommand c = brain.Commands[i];
            yield return $"{c.TimeMs} {c.Intersection} {c.Kind} {c.TargetStage} {c.Reason.Asked} {c.Reason.Score:R}";
        }
    }

    private DistrictBrain Replayed(List<string> decisions)
    {
        using var reader = JournalReader.Open(_folder);
        City city = CityBuilder.Build(reader.Preamble!.City);
        var brain = new DistrictBrain(city, BrainOptions.From(reader.Preamble.Options));
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            brain.Accept(e, extra);
            decisions.AddRange(Decisions(brain));
        }
        Assert.Equal(JournalEnd.Clean, reader.End);
        return brain;
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_district_s_journal_with_its_neighbour_s_plans_leads_to_the_same_decisions(ulong seed)
    {
        DistrictBrain live = Brain(East);
        List<string> decided = [], again = [];
        var preamble = new JournalPreamble
        {
            City = Two.Description, Options = East.ToDictionary(), WrittenBy = "test",
        };
        using (var journal = JournalWriter.Open(_folder, preamble)) Live(seed, live, journal, decided);
        Assert.True(live.OutflowsHeard is { Accepted: > 10, TooOld: > 3 }, $"{live.OutflowsHeard.Accepted} heard");
        DistrictBrain replayed = Replayed(again);
        Assert.True(decided.Count > 10);
        Assert.Equal(decided, again);
        Assert.Equal(live.OutflowsHeard, replayed.OutflowsHeard);
        Assert.Equal(live.Digest(), replayed.Digest());
    }

    [Fact]
    public void Telling_and_hearing_a_plan_allocates_nothing()
    {
        DistrictBrain west = Brain(East with { District = "d0" }), east = Brain(East);
        var events = new List<(CityEvent, byte[])>();
        new EventScript(Two, 5).Play(400, 0, (e, extra) => events.Add((e, extra)));
        int half = events.Count / 2, part = half / Allocated.Rounds;
        Accept(0, half);
        Assert.Equal(0, Allocated.Least(round => Accept(half + part * round, half + part * (round + 1))));
        Assert.True(east.OutflowsHeard.Accepted > 10);

        void Accept(int from, int to)
        {
            for (int i = from; i < to; i++)
            {
                west.Accept(events[i].Item1, events[i].Item2);
                east.Accept(events[i].Item1, events[i].Item2);
                for (int k = 0; k < west.Outflows.Count; k++) east.Accept(west.Outflows[k], west.Outflows.Extra(k));
            }
        }
    }
}
