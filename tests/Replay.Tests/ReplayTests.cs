using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.Testing;

namespace CityBrain.Replay.Tests;

/// <summary>Live = replay is one equality, whatever came in.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("citybrain-replay-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 20).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void A_journal_leads_to_the_same_brain_and_the_same_commands(ulong seed)
    {
        City city = TinyCity.Build();
        var options = new BrainOptions { Policy = Policies.Names[(int)(seed % (ulong)Policies.Names.Count)] };
        var live = new DistrictBrain(city, options);
        ulong liveCommands = 0;
        var preamble = new JournalPreamble { City = city.Description, Options = options.ToDictionary(), WrittenBy = "test" };
        using (var journal = JournalWriter.Open(_folder, preamble, segmentBytes: 100_000))
            new EventScript(city, seed).Play(240, 1_000_000, (e, extra) =>
            {
                journal.Add(e, extra);
                if (e.Kind == EventKind.Tick) journal.Commit();
                live.Accept(e, extra);
                liveCommands += (ulong)live.Commands.Count;
            });

        using var reader = JournalReader.Open(_folder);
        City again = CityBuilder.Build(reader.Preamble!.City);
        var replayed = new DistrictBrain(again, BrainOptions.From(reader.Preamble.Options));
        ulong commands = 0;
        while (reader.TryRead(out CityEvent e, out ReadOnlySpan<byte> extra))
        {
            replayed.Accept(e, extra);
            commands += (ulong)replayed.Commands.Count;
        }
        Assert.Equal(JournalEnd.Clean, reader.End);
        Assert.True(liveCommands > 10, $"only {liveCommands} commands: the test sees nothing");
        Assert.Equal(liveCommands, commands);
        Assert.Equal(live.Digest(), replayed.Digest());
    }
}
