using System.Diagnostics;
using CityBrain.Cli;
using CityBrain.History.Archive;
using CityBrain.History.Arrow;
using CityBrain.History.Export;
using CityBrain.Model;
using CityBrain.Replay;

namespace CityBrain.Archiving;

/// <summary>What is sent, and how.</summary>
internal sealed record WarmExportOptions
{
    public required string Journal { get; init; }
    public required IReadOnlyList<ArchiveTable> Tables { get; init; }
    /// <summary>Goes on while the journal grows.</summary>
    public bool Follow { get; init; }
    /// <summary>Most segments being sent at once.</summary>
    public int InFlight { get; init; } = 4;
}

/// <summary>
/// Sends the rows of a journal to a warm store: the brain lives through the journal again, rows go into the spool on
/// disk, and from there to the store. The spool knows up to which event its rows go, so that an export that was killed
/// goes on there; the journal itself keeps what does not fit into the spool, so that nothing is lost however long the
/// store is down.
/// </summary>
internal sealed class WarmExport(WarmExportOptions options, Spool spool, IWarmStore store) : IRowTaker
{
    private const int RowsOfSegment = 50_000;
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(1), Pause = TimeSpan.FromMilliseconds(200);

    private readonly List<SpoolPart> _parts = [];
    private int _points;
    private bool _known = true;

    /// <summary>Rows put into the spool.</summary>
    public long Spooled { get; private set; }

    /// <summary>Runs to the journal's end, or, following, until it is cancelled.</summary>
    /// <returns>Points that the store acknowledged.</returns>
    public async Task<long> RunAsync(Action<string> tell, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var sender = new SpoolSender(spool, store, options.InFlight, tell);
        Task reading = Task.Run(() => ReadAsync(stop.Token), CancellationToken.None);
        Task sending = sender.RunAsync(reading, stop.Token);
        try
        {
            await await Task.WhenAny(reading, sending);
            await Task.WhenAll(reading, sending);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(reading, sending).ContinueWith(_ => { }, TaskScheduler.Default);
        }
        return sender.Points;
    }

    public void Take(ArchiveTable table, string district, long dayMs, ArrowBatch batch)
    {
        if (_known || !options.Tables.Contains(table)) return;
        _parts.Add(new SpoolPart(table.Name, store.Encode(table, district, batch)));
        _points += batch.Length;
    }

    private async Task ReadAsync(CancellationToken cancel)
    {
        using var player = JournalPlayer.Open(options.Journal);
        var recorder = new TableRecorder(player.Brain, this);
        long events = 0, known = spool.Position;
        long restedAt = Stopwatch.GetTimestamp();
        _known = known > 0;
        while (true)
        {
            bool more = Step(player, recorder, events, out bool tick);
            if (more && !tick)
            {
                events++;
                continue;
            }
            if (more) events++;
            cancel.ThrowIfCancellationRequested();
            if (_known && events >= known)
            {
                // What these events made lies in the spool, or in the store, already.
                recorder.Flush();
                _known = false;
            }
            bool rested = !more || (options.Follow && Stopwatch.GetElapsedTime(restedAt) > LongestRest);
            if (!_known && (rested || recorder.Waiting + _points >= RowsOfSegment))
            {
                if (!more && !options.Follow) recorder.Finish();
                else recorder.Flush();
                await AppendAsync(events, cancel);
                restedAt = Stopwatch.GetTimestamp();
            }
            if (more) continue;
            if (_known)
                throw CliFailure.Failed($"the spool goes up to event {known}, the journal has {events}: "
                    + "it is the spool of another journal");
            if (!options.Follow) return;
            await Task.Delay(Pause, cancel);
            player.Reader.Continue();
        }
    }

    private static bool Step(JournalPlayer player, TableRecorder recorder, long number, out bool tick)
    {
        bool more = player.Step(out CityEvent e, out ReadOnlySpan<byte> extra);
        tick = more && e.Kind == EventKind.Tick;
        if (more) recorder.Note(e, extra, (ulong)number);
        return more;
    }

    private async Task AppendAsync(long position, CancellationToken cancel)
    {
        if (_parts.Count == 0) return;
        await spool.AppendAsync(position, _points, [.. _parts], cancel);
        Spooled += _points;
        _parts.Clear();
        _points = 0;
    }
}
