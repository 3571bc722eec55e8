using CityBrain.Channels;
using CityBrain.Ingest;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>
/// The clock is an edge like any other: it sends a Tick with the wall clock's time, on whole seconds, into the channel
/// that everything else goes through. A tick that cannot be sent in time is skipped, never doubled.
/// </summary>
internal sealed class TickClock(BatchChannel<EventBatch> channel, TimeProvider time)
{
    private const int PeriodMs = 1000;

    public async Task RunAsync(CancellationToken cancel)
    {
        var sink = new BatchSink(channel, wait: true);
        try
        {
            while (!cancel.IsCancellationRequested)
            {
                long nowMs = time.GetUtcNow().ToUnixTimeMilliseconds();
                long nextMs = (nowMs / PeriodMs + 1) * PeriodMs;
                await Task.Delay(TimeSpan.FromMilliseconds(nextMs - nowMs), time, cancel);
                sink.Add(CityEvent.Tick(nextMs), []);
                sink.Flush();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run is over.
        }
    }
}
