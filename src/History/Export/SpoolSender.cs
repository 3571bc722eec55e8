namespace CityBrain.History.Export;

/// <summary>
/// Sends a spool's segments, several at once: while one is on its way or the store makes it safe, the next is read,
/// and a store with several cores uses them. While the store is down each waits, twice as long each time up to a
/// bound, with jitter; nothing leaves the spool before the store has it.
/// </summary>
/// <param name="spool">Where the segments are.</param>
/// <param name="store">Where they go; it takes <paramref name="inFlight"/> calls at once.</param>
/// <param name="inFlight">Most segments being sent at once.</param>
/// <param name="tell">Takes a line for people when the store goes away, comes back or refuses.</param>
public sealed class SpoolSender(Spool spool, IWarmStore store, int inFlight = 1, Action<string>? tell = null)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250), LongestWait = TimeSpan.FromSeconds(15);

    private long _points, _failures;
    private int _down;

    /// <summary>Points that the store has acknowledged.</summary>
    public long Points => Volatile.Read(ref _points);

    /// <summary>Attempts that failed and were or will be made again.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Runs until cancelled, or until the source is over and the spool is empty.</summary>
    /// <exception cref="StoreRefusedException">The store refuses everything.</exception>
    public async Task RunAsync(Task sourceOver, CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task[] lines = [.. Enumerable.Range(0, inFlight).Select(_ => LineAsync(sourceOver, stop.Token))];
        await foreach (Task line in Task.WhenEach(lines).ConfigureAwait(false))
        {
            if (line.IsCompletedSuccessfully) continue;
            // The first to fail says why; the others are stopped, and their segments stay in the spool.
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(lines).ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            await line.ConfigureAwait(false);
        }
    }

    private async Task LineAsync(Task sourceOver, CancellationToken cancel)
    {
        while (true)
        {
            bool over = sourceOver.IsCompleted;
            SpoolSegment? segment =
                await spool.TakeAsync(TimeSpan.FromMilliseconds(over ? 0 : 200), cancel).ConfigureAwait(false);
            if (segment is not null) await SendAsync(segment, cancel).ConfigureAwait(false);
            else if (over) return;
        }
    }

    private async Task SendAsync(SpoolSegment segment, CancellationToken cancel)
    {
        TimeSpan wait = FirstWait;
        while (true)
        {
            try
            {
                await store.SendAsync(spool.Id, segment, cancel).ConfigureAwait(false);
                if (Interlocked.Exchange(ref _down, 0) == 1) tell?.Invoke($"{store.Name} answers again");
                spool.Remove(segment);
                Interlocked.Add(ref _points, segment.Points);
                return;
            }
            catch (StoreRefusedException e) when (!e.Everything)
            {
                tell?.Invoke($"refused and laid aside: {e.Message}");
                spool.Refuse(segment, e.Message);
                return;
            }
            catch (IOException e)
            {
                if (Interlocked.Exchange(ref _down, 1) == 0)
                    tell?.Invoke($"{e.Message}; trying again, {spool.WaitingSegments} segments wait");
                Interlocked.Increment(ref _failures);
            }
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() * 0.5)), cancel).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }
}
