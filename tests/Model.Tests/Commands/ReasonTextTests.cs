using CityBrain.Testing;

namespace CityBrain.Model.Tests.Commands;

/// <summary>What a decision keeps, and the one sentence that is made of it.</summary>
public class ReasonTextTests
{
    private static readonly Intersection Place = TinyCity.Build().Intersections[0];

    [Fact]
    public void A_sequence_keeps_its_first_four_changes()
    {
        var sequence = default(StageSequence);
        Assert.Equal(0, sequence.Count);
        for (int i = 0; i < 6; i++) sequence = sequence.With(i * 60, i);
        Assert.Equal(4, sequence.Count);
        Assert.Equal(new SequenceStep(0, 0), sequence[0]);
        Assert.Equal(new SequenceStep(180, 3), sequence[3]);
        Assert.Equal(new SequenceStep(255, 254), default(StageSequence).With(9999, 254)[0]);
        Assert.Equal(0, default(StageSequence).With(1, 255).Count);
        Assert.NotEqual(default(StageSequence).With(0, 0), default);
    }

    [Fact]
    public void A_plan_says_what_it_chose_and_what_the_next_best_was()
    {
        var reason = new DecisionReason
        {
            Rule = Rule.Plan, Asked = 1, Score = 50, QueueVehicles = 3, ArrivalsVehicles = 1.5f,
            Sequence = default(StageSequence).With(0, 1).With(24, 0),
        };
        reason.Reject(0, 71);
        reason.Reject(1, 60, default(StageSequence).With(7, 1));
        Assert.Equal("Stage B costs the least delay over the horizon: 3 queued and 1.5 arriving; the plan is stage B now, "
            + "after 24 s A; the next best, the present stage for 7 s more, then B, scored 60 against 50.",
            ReasonText.English(Place, reason));
    }

    [Fact]
    public void A_plan_that_stays_names_the_present_stage()
    {
        var reason = new DecisionReason
        {
            Rule = Rule.Plan, Asked = 0, Score = 5, Sequence = default(StageSequence).With(6, 1),
        };
        reason.Reject(0, 9);
        Assert.Contains("the plan is stage A for 6 s more, then B; the next best, stage A throughout, scored 9 against 5.",
            ReasonText.English(Place, reason));
    }

    [Fact]
    public void A_plan_says_how_full_the_area_is_whose_entries_it_holds_back()
    {
        var reason = new DecisionReason { Rule = Rule.Plan, Asked = 0, EntryHeld = 0.625f, AreaFill = 0.23f };
        Assert.Equal("Stage A costs the least delay over the horizon. Entries count 62 % less: the links inside the area "
            + "are 23 % full.", ReasonText.English(Place, reason));
    }

    [Fact]
    public void Pressure_is_said_as_pressure_though_it_is_kept_negated()
    {
        var reason = new DecisionReason { Rule = Rule.Pressure, Asked = 0, Score = -8 };
        reason.Reject(1, -2);
        Assert.Equal("Stage A has the highest pressure; the next best, stage B, scored 2 against 8.",
            ReasonText.English(Place, reason));
    }

    [Fact]
    public void The_gate_has_the_last_word()
    {
        var reason = new DecisionReason
        {
            Rule = Rule.Extend, Gate = Rule.WaitBound, Asked = 0, LongestWaitGroup = 2, LongestWaitS = 114.4f,
        };
        Assert.EndsWith("The safety gate decided otherwise: group p has waited 114.4 s, close to its bound.",
            ReasonText.English(Place, reason));
    }

    [Fact]
    public void Every_rule_has_a_sentence_even_of_a_stage_that_does_not_exist()
    {
        foreach (Rule rule in Enum.GetValues<Rule>())
            foreach (Rule gate in Enum.GetValues<Rule>())
                Assert.Matches("^[A-Z].*\\.$", ReasonText.English(Place, new DecisionReason
                {
                    Rule = rule, Gate = gate, Asked = 99, LongestWaitGroup = -1,
                }));
    }
}
