using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Engine;
using CityBrain.History;
using CityBrain.Ingest;
using CityBrain.Model;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>
/// The brain's thread: takes a batch, journals it, lets the brain accept each event, publishes what a tick led to.
/// One batch at a time, in the order of the channel: that order is the history.
/// </summary>
internal sealed class BrainLoop(
    DistrictBrain brain, JournalWriter? journal, ReceiptBook receipts, ICommandSink sink,
    BatchChannel<EventBatch> channel, Log log, LatestReadings? latest = null)
{
    /// <summary>Ticks between two digests in the journal.</summary>
    private const int DigestEveryTicks = 60;
    /// <summary>Ticks between two forced writes to the disk, where no receipt asks for one earlier.</summary>
    private const int SyncEveryTicks = 10;
    /// <summary>Receipts that may wait for the disk; the senders of others repeat them.</summary>
    private const int MostReceiptsDue = 4096;

    private readonly List<CityEvent> _receiptsDue = new(64);
    private readonly OverloadWatch? _overload = latest is null ? null : new OverloadWatch(latest, log);
    private bool[] _again = [];
    private int _ticks;
    private bool _journalFailed;
    private long _events, _commands, _changes, _journalErrors, _notJournaled;

    /// <summary>Raised on the brain's thread after each tick, for whoever copies the state.</summary>
    public event Action<DistrictBrain>? Ticked;

    /// <summary>What became of the events, by kind.</summary>
    public FeedTally Tally { get; } = new();
    public long Events => Volatile.Read(ref _events);
    public long Commands => Volatile.Read(ref _commands);
    /// <summary>Commands that changed what a controller shows.</summary>
    public long Changes => Volatile.Read(ref _changes);
    public long JournalErrors => Volatile.Read(ref _journalErrors);
    /// <summary>Events refused because the journal could not take them; none of them got a receipt.</summary>
    public long NotJournaled => Volatile.Read(ref _notJournaled);
    /// <summary>True while the journal takes nothing, and so the brain neither.</summary>
    public bool JournalFailed => Volatile.Read(ref _journalFailed);
    /// <summary>Receipts that wait for the disk.</summary>
    public int ReceiptsDue => _receiptsDue.Count;

    /// <summary>Runs until the channel is completed and empty, or until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await channel.WaitToReceiveAsync(cancel).ConfigureAwait(false))
            {
                while (channel.TryReceive(out EventBatch? batch))
                {
                    Accept(batch);
                    channel.Return(batch);
                }
                // Readings that found no room must not lie there until their feed speaks again.
                if (latest is { Waiting: > 0 }) latest.SendTo(channel);
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // An asked-for end: what was accepted is in the journal.
        }
    }

    /// <summary>Takes a batch up to each tick: journal first, then act.</summary>
    internal void Accept(EventBatch batch)
    {
        if (_again.Length < batch.Count) _again = new bool[batch.Capacity];
        int from = 0;
        while (from < batch.Count)
        {
            int to = from;
            while (to < batch.Count && batch[to].Kind != EventKind.Tick) to++;
            if (to < batch.Count) to++;
            if (Journal(batch, from, to)) Accept(batch, from, to);
            else Interlocked.Add(ref _notJournaled, to - from);
            from = to;
        }
        SendReceipts();
    }

    /// <summary>Takes journaled events, each run of loops at once.</summary>
    private void Accept(EventBatch batch, int from, int to)
    {
        while (from < to)
        {
            int loops = from;
            while (loops < to && batch[loops].Kind == EventKind.Loop) loops++;
            if (loops > from) AcceptLoops(batch.Events[from..loops]);
            if (loops < to) Accept(batch, loops++);
            from = loops;
        }
    }

    private bool Journal(EventBatch batch, int from, int to)
    {
        if (_journalFailed && !Recovered()) return false;
        for (int i = from; i < to; i++) _again[i] = !receipts.TryNote(batch[i], brain.NowMs);
        if (journal is null) return true;
        try
        {
            for (int i = from; i < to; i++)
                if (!_again[i]) journal.Add(batch[i], batch.Extra(i));
            journal.Commit();
            return true;
        }
        catch (IOException e)
        {
            // What cannot be proven is not done: the brain falls silent and controllers run their own programmes.
            journal.DropGathered();
            for (int i = from; i < to; i++)
                if (!_again[i]) receipts.Forget(batch[i]);
            Failed(e);
            return false;
        }
    }

    private void Failed(IOException e)
    {
        Interlocked.Increment(ref _journalErrors);
        if (!_journalFailed) log.Error("journal failed, no command is given until it works again", ("reason", e.Message));
        Volatile.Write(ref _journalFailed, true);
    }

    /// <summary>Tries whether the journal takes something again, and the disk with it.</summary>
    private bool Recovered()
    {
        try
        {
            journal!.NoteDigest(brain.Digest());
            journal.Sync();
            Volatile.Write(ref _journalFailed, false);
            log.Info("journal works again");
            return true;
        }
        catch (IOException e)
        {
            Failed(e);
            return false;
        }
    }

    private void AcceptLoops(ReadOnlySpan<CityEvent> loops)
    {
        EngineCounters before = brain.Engine.Counters;
        brain.AcceptLoops(loops);
        Tally.Note(EventKind.Loop, before, brain.Engine.Counters, loops.Length);
        Volatile.Write(ref _events, _events + loops.Length);
    }

    private void Accept(EventBatch batch, int i)
    {
        ref readonly CityEvent e = ref batch[i];
        if (receipts.Wants(e) && receipts.Knows(e) && _receiptsDue.Count < MostReceiptsDue) _receiptsDue.Add(e);
        if (_again[i]) return;
        EngineCounters before = brain.Engine.Counters;
        brain.Accept(e, batch.Extra(i));
        Tally.Note(e.Kind, before, brain.Engine.Counters);
        Volatile.Write(ref _events, _events + 1);
        if (e.Kind == EventKind.Controller) sink.Hear(e);
        if (e.Kind != EventKind.Tick) return;
        Count(brain.Commands);
        _overload?.Look(e.TimeMs);
        sink.Publish(brain, brain.Commands, e.TimeMs);
        if (journal is not null && ++_ticks % SyncEveryTicks == 0) NoteAndSync();
        Ticked?.Invoke(brain);
    }

    /// <summary>A receipt says that even a power cut does not undo the event: first the disk, then the word.</summary>
    private void SendReceipts()
    {
        if (_receiptsDue.Count == 0 || _journalFailed) return;
        try
        {
            journal?.Sync();
        }
        catch (IOException e)
        {
            Failed(e);
            return;
        }
        foreach (CityEvent e in _receiptsDue) sink.Acknowledge(e);
        _receiptsDue.Clear();
    }

    private void NoteAndSync()
    {
        try
        {
            if (_ticks % DigestEveryTicks == 0) journal!.NoteDigest(brain.Digest());
            journal!.Sync();
        }
        catch (IOException e)
        {
            Failed(e);
        }
    }

    private void Count(CommandBuffer commands)
    {
        int changes = 0;
        for (int i = 0; i < commands.Count; i++)
            if (commands[i].Changed) changes++;
        Volatile.Write(ref _commands, _commands + commands.Count);
        Volatile.Write(ref _changes, _changes + changes);
    }
}
