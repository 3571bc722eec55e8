namespace CityBrain.History.Export;

/// <summary>
/// Sends a spool's segments in order, one at a time. While the store is down it waits, twice as long each time up to a
/// bound, with jitter; nothing leaves the spool before the store has it.
/// </summary>
public sealed class SpoolSender(Spool spool, IWarmStore store, Action<string>? tell = null)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250), LongestWait = TimeSpan.FromSeconds(15);

    private long _points, _failures;

    /// <summary>Points that the store has acknowledged.</summary>
    public long Points => Volatile.Read(ref _points);

    /// <summary>Attempts that failed and were or will be made again.</summary>
    public long Failures => Volatile.Read(ref _failures);

    /// <summary>Runs until cancelled, or until the source is over and the spool is empty.</summary>
    /// <exception cref="StoreRefusedException">The store refuses everything.</exception>
    public async Task RunAsync(Task sourceOver, CancellationToken cancel)
    {
        while (true)
        {
            bool over = sourceOver.IsCompleted;
            SpoolSegment? segment =
                await spool.OldestAsync(TimeSpan.FromMilliseconds(over ? 0 : 200), cancel).ConfigureAwait(false);
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
                if (wait > FirstWait) tell?.Invoke($"{store.Name} answers again");
                spool.Remove(segment);
                Volatile.Write(ref _points, _points + segment.Points);
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
                if (wait == FirstWait) tell?.Invoke($"{e.Message}; trying again, {spool.WaitingSegments} segments wait");
                Volatile.Write(ref _failures, _failures + 1);
            }
            await Task.Delay(wait * (0.75 + (Random.Shared.NextDouble() * 0.5)), cancel).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }
}
