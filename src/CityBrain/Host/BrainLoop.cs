using CityBrain.Brain;
using CityBrain.Channels;
using CityBrain.Engine;
using CityBrain.History;
using CityBrain.Model;
using CityBrain.Telemetry;

namespace CityBrain.Host;

/// <summary>
/// The brain's thread: takes a batch, journals it, lets the brain accept each event, publishes what a tick led to.
/// One batch at a time, in the order of the channel: that order is the history.
/// </summary>
internal sealed class BrainLoop(
    DistrictBrain brain, JournalWriter? journal, ICommandSink sink, BatchChannel<EventBatch> channel, Log log)
{
    /// <summary>Ticks between two digests in the journal.</summary>
    private const int DigestEveryTicks = 60;
    /// <summary>Ticks between two forced writes to the disk.</summary>
    private const int SyncEveryTicks = 10;

    private int _ticks;
    private bool _journalFailed;
    private long _events, _commands, _changes, _journalErrors;

    /// <summary>Raised on the brain's thread after each tick, for whoever copies the state.</summary>
    public event Action<DistrictBrain>? Ticked;

    /// <summary>What became of the events, by kind.</summary>
    public FeedTally Tally { get; } = new();
    public long Events => Volatile.Read(ref _events);
    public long Commands => Volatile.Read(ref _commands);
    /// <summary>Commands that changed what a controller shows.</summary>
    public long Changes => Volatile.Read(ref _changes);
    public long JournalErrors => Volatile.Read(ref _journalErrors);

    /// <summary>Runs until the channel is completed and empty, or until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        try
        {
            while (await channel.WaitToReceiveAsync(cancel).ConfigureAwait(false))
                while (channel.TryReceive(out EventBatch? batch))
                {
                    Accept(batch);
                    channel.Return(batch);
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
        int from = 0;
        while (from < batch.Count)
        {
            int to = from;
            while (to < batch.Count && batch[to].Kind != EventKind.Tick) to++;
            if (to < batch.Count) to++;
            if (!Journal(batch, from, to)) return;
            while (from < to)
            {
                int loops = from;
                while (loops < to && batch[loops].Kind == EventKind.Loop) loops++;
                if (loops > from) AcceptLoops(batch.Events[from..loops]);
                if (loops < to) Accept(batch, loops++);
                from = loops;
            }
        }
    }

    private bool Journal(EventBatch batch, int from, int to)
    {
        if (journal is null) return true;
        if (_journalFailed && !Recovered()) return false;
        try
        {
            for (int i = from; i < to; i++) journal.Add(batch[i], batch.Extra(i));
            journal.Commit();
            return true;
        }
        catch (IOException e)
        {
            // What cannot be proven is not done: the brain falls silent and controllers run their own programmes.
            Interlocked.Increment(ref _journalErrors);
            _journalFailed = true;
            log.Error("journal failed, no command is given until it works again", ("reason", e.Message));
            return false;
        }
    }

    /// <summary>The events gathered when the disk failed are written and accepted by nobody else: try again.</summary>
    private bool Recovered()
    {
        try
        {
            journal!.DropGathered();
            journal.NoteDigest(brain.Digest());
            _journalFailed = false;
            log.Info("journal works again");
            return true;
        }
        catch (IOException)
        {
            Interlocked.Increment(ref _journalErrors);
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
        EngineCounters before = brain.Engine.Counters;
        brain.Accept(e, batch.Extra(i));
        Tally.Note(e.Kind, before, brain.Engine.Counters);
        Volatile.Write(ref _events, _events + 1);
        if (e.Kind == EventKind.Controller) sink.Hear(e);
        if (e.Kind != EventKind.Tick) return;
        Count(brain.Commands);
        sink.Publish(brain, brain.Commands, e.TimeMs);
        if (journal is not null && ++_ticks % SyncEveryTicks == 0) NoteAndSync();
        Ticked?.Invoke(brain);
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
            Interlocked.Increment(ref _journalErrors);
            _journalFailed = true;
            log.Error("journal failed, no command is given until it works again", ("reason", e.Message));
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
