using CityBrain.Archiving;
using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.History;
using CityBrain.History.Archive;
using CityBrain.Model;

namespace CityBrain.Replay;

/// <summary>A journal that is in an archive, lived through again.</summary>
internal sealed class ArchivePlayer : IRecordedEvents
{
    private readonly ArchiveFolder _archive;
    private readonly ArchivedEvents _events;

    private ArchivePlayer(ArchiveFolder archive, string journal, DistrictBrain brain)
    {
        (_archive, Brain) = (archive, brain);
        _events = new ArchivedEvents(archive, journal);
        long[] times = [.. archive.Files
            .Where(f => f.Partition.Table == ArchiveTables.Events.Name && f.Partition.Journal == journal && f.Rows > 0)
            .SelectMany(f => new[] { f.LeastMs, f.MostMs })];
        (FirstMs, LastMs) = times.Length == 0 ? (0, -1) : (times.Min(), times.Max());
    }

    public DistrictBrain Brain { get; }
    /// <summary>Times of the first and the last event, ms of the feed's clock.</summary>
    public long FirstMs { get; }
    public long LastMs { get; }

    /// <param name="root">The archive.</param>
    /// <param name="journal">Id of one of its journals; null when there is only one.</param>
    /// <exception cref="CliFailure">No such journal, several, or nothing to live through it with.</exception>
    public static ArchivePlayer Open(string root, string? journal)
    {
        ArchiveFolder archive = ArchiveFolder.Open(root);
        try
        {
            string[] ids = [.. archive.Files.Where(f => f.Partition.Table == ArchiveTables.Events.Name)
                .Select(f => f.Partition.Journal).Distinct().Order(StringComparer.Ordinal)];
            string id = ids.Length == 1 && journal is null ? ids[0] : ids.FirstOrDefault(i => i == journal)
                ?? throw CliFailure.Usage($"the archive in '{root}' has the journals {string.Join(", ", ids)}: say --journal");
            if (archive.Preamble(id) is not { } preamble)
                throw CliFailure.Failed($"the archive in '{root}' does not hold the city of {id}: compact the journal again");
            if (!CityBuilder.TryBuild(preamble.City, out City? city, out var errors))
                throw CliFailure.Failed($"the city of {id} in the archive is not valid: {errors[0]}");
            return new ArchivePlayer(archive, id, new DistrictBrain(city, BrainOptions.From(preamble.Options)));
        }
        catch
        {
            archive.Dispose();
            throw;
        }
    }

    public bool Step(out CityEvent e, out ReadOnlySpan<byte> extra)
    {
        if (!_events.TryRead(out e, out extra)) return false;
        Brain.Accept(e, extra);
        return true;
    }

    public void Dispose()
    {
        _events.Dispose();
        _archive.Dispose();
    }
}
