using System.Text;
using System.Threading.Channels;
using CityBrain.Channels;
using CityBrain.Dashboard;
using CityBrain.Ingest;
using CityBrain.Model;

namespace CityBrain.Host;

/// <summary>Turns what operators ask for into events, so that it is journaled and replayed like a reading.</summary>
internal sealed class OverrideDesk(BatchChannel<EventBatch> channel, Func<long> dataTimeMs)
{
    private const int Capacity = 256;

    private readonly Channel<OverrideRequest> _requests =
        Channel.CreateBounded<OverrideRequest>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Where the dashboard writes; full means refused, which it tells the operator.</summary>
    public ChannelWriter<OverrideRequest> Requests => _requests.Writer;

    public async Task RunAsync(CancellationToken cancel)
    {
        var sink = new BatchSink(channel, wait: true);
        uint number = 0;
        try
        {
            await foreach (OverrideRequest r in _requests.Reader.ReadAllAsync(cancel))
            {
                byte[] who = Encoding.UTF8.GetBytes($"{r.User}\n{r.Reason}");
                int length = Math.Min(who.Length, 4096);
                sink.Add(new CityEvent(dataTimeMs(), r.Intersection, EventKind.Override, (byte)r.Kind,
                    (ushort)length, r.Stage, r.Seconds, 0, ++number), who.AsSpan(0, length));
                sink.Flush();
            }
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // The run is over.
        }
    }
}
