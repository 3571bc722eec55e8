using System.Text.Json;
using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Street;
using CityBrain.Simulation;
using CityBrain.Testing;

namespace CityBrain.Tests.Commands;

/// <summary>`citybrain explain` on a journal of a small simulated city.</summary>
public sealed class ExplainCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-explain-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Record(string policy)
    {
        var options = new BrainOptions { Policy = policy };
        var brain = new DistrictBrain(CrossingCity.Build(), options);
        var street = new SimulatedCity(brain.City, new SimulationOptions { Seed = 4 });
        using var journal = JournalWriter.Open(_folder, new JournalPreamble
        {
            City = brain.City.Description, Options = options.ToDictionary(), WrittenBy = "test",
        });
        void Take(in CityEvent e, ReadOnlySpan<byte> extra)
        {
            journal.Add(e, extra);
            brain.Accept(e, extra);
        }
        for (int s = 0; s < 200; s++)
        {
            street.Observe(Take);
            Take(CityEvent.Tick(street.NowMs), []);
            for (int i = 0; i < brain.Commands.Count; i++)
            {
                SignalCommand c = brain.Commands[i];
                street.Controllers[0].Offer(new ReceivedCommand(
                    c.Kind, 0, c.Sequence, c.TimeMs, c.ValidUntilMs, c.TargetStage), brain.Commands.Aspects(i), c.TimeMs);
            }
            street.Step();
        }
    }

    private async Task<(int Code, string[] Output, string Errors)> ExplainAsync(params string[] more)
    {
        using RunningProgram product = RunningProgram.Product(["explain", _folder, .. more]);
        int code = await product.EndAsync();
        return (code, product.Output, string.Join('\n', product.Errors));
    }

    [Fact]
    public async Task A_plan_is_explained_with_what_was_rejected()
    {
        Record("predictive");
        var (code, output, _) = await ExplainAsync("--intersection", "j0", "--at", "150");
        Assert.Equal(0, code);
        Assert.Matches("^Since [0-9.]+ s j0 shows [rygG]{3}\\. Stage [AB] ", output[0]);
        Assert.Contains(output, l => l.StartsWith("taken ", StringComparison.Ordinal));
        Assert.Contains(output, l => l.StartsWith("rejected ", StringComparison.Ordinal));

        var (_, json, _) = await ExplainAsync("--intersection", "j0", "--at", "150", "--json");
        JsonElement decision = JsonDocument.Parse(json[0]).RootElement.GetProperty("decision");
        double taken = decision.GetProperty("taken").GetProperty("score").GetDouble();
        Assert.All(decision.GetProperty("rejected").EnumerateArray(), r => Assert.True(r.GetProperty("score").GetDouble() >= taken));
        Assert.True(decision.GetProperty("timeMs").GetInt64() <= 150_000);
    }

    [Fact]
    public async Task Rules_without_alternatives_have_a_sentence_and_no_table()
    {
        Record("fixed");
        var (code, output, _) = await ExplainAsync("--intersection", "j0", "--at", "100");
        Assert.Equal(0, code);
        Assert.Contains("programme", Assert.Single(output));
    }

    [Fact]
    public async Task Unknown_places_and_times_outside_the_journal_are_said()
    {
        Record("fixed");
        Assert.Empty((await ExplainAsync("--intersection", "j0", "--at", "100")).Errors);
        var after = await ExplainAsync("--intersection", "j0", "--at", "99999");
        Assert.Equal(0, after.Code);
        Assert.Contains("the journal ends at", after.Errors);
        Assert.Equal(2, (await ExplainAsync("--intersection", "nowhere", "--at", "9")).Code);
        var before = await ExplainAsync("--intersection", "j0", "--at", "-9");
        Assert.Equal(1, before.Code);
        Assert.Contains("told nothing", before.Errors);
    }
}
