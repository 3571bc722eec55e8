using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;

namespace CityBrain.Dashboard;

/// <summary>
/// One open dashboard. It holds at most one frame and one state that wait to be sent: a newer one replaces them,
/// so that a slow viewer costs no memory and delays nobody.
/// </summary>
internal sealed class Viewer(WebSocket socket, Func<bool> mayStay)
{
    private static readonly TimeSpan SendLimit = TimeSpan.FromSeconds(10), FarewellLimit = TimeSpan.FromSeconds(1);

    private readonly Channel<byte> _work = Channel.CreateBounded<byte>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly byte[] _incoming = new byte[256];
    private LiveFrame? _frame;
    private byte[]? _state;
    private uint _sent;
    private bool _started;
    private volatile bool _vehicles, _sentAway;

    /// <summary>Offers a frame; true if one that was still waiting is lost.</summary>
    public bool Offer(LiveFrame frame)
    {
        bool lost = Interlocked.Exchange(ref _frame, frame) is not null;
        Wake();
        return lost;
    }

    public void OfferState(byte[] utf8)
    {
        Interlocked.Exchange(ref _state, utf8);
        Wake();
    }

    /// <summary>Ends the connection of one whose session has ended.</summary>
    public void CheckSession()
    {
        if (mayStay()) return;
        _sentAway = true;
        Wake();
    }

    /// <summary>Serves until the viewer leaves, is sent away, is too slow to take one message in 10 s, or is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task reading = ReadAsync(stop);
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await _work.Reader.ReadAsync(stop.Token);
                if (_sentAway) break;
                if (Interlocked.Exchange(ref _state, null) is { } state)
                    await SendAsync(state, WebSocketMessageType.Text, stop.Token);
                if (Interlocked.Exchange(ref _frame, null) is { } frame) await SendFrameAsync(frame, stop.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // The viewer has gone, or the dashboard stops.
        }
        // A read that is cancelled aborts the connection: say goodbye before, and hear the answer.
        if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived) await CloseAsync();
        await Task.WhenAny(reading, Task.Delay(FarewellLimit, stop.Token));
        await stop.CancelAsync();
        await reading;
    }

    private async Task SendFrameAsync(LiveFrame frame, CancellationToken cancel)
    {
        bool next = _started && frame.Delta is not null && frame.Number == _sent + 1;
        await SendAsync(next ? frame.Delta! : frame.Key, WebSocketMessageType.Binary, cancel);
        if (_vehicles) await SendAsync(frame.Vehicles, WebSocketMessageType.Binary, cancel);
        _sent = frame.Number;
        _started = true;
    }

    private async Task SendAsync(byte[] message, WebSocketMessageType type, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(SendLimit);
        await socket.SendAsync(message, type, endOfMessage: true, limit.Token);
    }

    private async Task ReadAsync(CancellationTokenSource stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                WebSocketReceiveResult got = await socket.ReceiveAsync(_incoming, stop.Token);
                if (got.MessageType == WebSocketMessageType.Close || !got.EndOfMessage) break;
                string word = Encoding.UTF8.GetString(_incoming, 0, got.Count);
                if (word == "vehicles on") _vehicles = true;
                else if (word == "vehicles off") _vehicles = false;
                else break;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // As above.
        }
        await stop.CancelAsync();
    }

    private async Task CloseAsync()
    {
        using var limit = new CancellationTokenSource(FarewellLimit);
        try
        {
            await socket.CloseOutputAsync(
                _sentAway ? WebSocketCloseStatus.PolicyViolation : WebSocketCloseStatus.EndpointUnavailable, null, limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException or IOException)
        {
            // It was closing already.
        }
    }

    private void Wake() => _work.Writer.TryWrite(0);
}
