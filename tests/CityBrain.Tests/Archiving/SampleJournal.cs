using CityBrain.Brain;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Tests.Archiving;

/// <summary>A journal of the tiny city that crosses a midnight: from 23:55 on.</summary>
internal static class SampleJournal
{
    /// <summary>2024-04-15 23:55 as ms since 1970.</summary>
    public const long StartMs = 1_713_225_300_000;

    public static readonly BrainOptions Options = new() { Policy = "max-pressure" };

    /// <summary>Writes seconds of the script behind what the folder holds; returns the events.</summary>
    public static List<(CityEvent Event, byte[] Extra)> Write(string folder, int seconds, ulong seed = 7, int skip = 0)
    {
        City city = TinyCity.Build();
        var preamble = new JournalPreamble
        { City = city.Description, Options = Options.ToDictionary(), WrittenBy = "test" };
        var events = new List<(CityEvent, byte[])>();
        int second = 0;
        using var journal = JournalWriter.Open(folder, preamble, segmentBytes: 200_000);
        new EventScript(city, seed).Play(skip + seconds, StartMs, (e, extra) =>
        {
            if (second >= skip)
            {
                journal.Add(e, extra);
                events.Add((e, extra[..e.ExtraLength]));
                if (e.Kind == EventKind.Tick) journal.Commit();
            }
            if (e.Kind == EventKind.Tick) second++;
        });
        return events;
    }
}
