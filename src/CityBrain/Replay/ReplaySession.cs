using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using CityBrain.Cli;
using CityBrain.Dashboard;
using CityBrain.History;

namespace CityBrain.Replay;

/// <summary>
/// Drives a dashboard from a journal: one thread lives through it at the speed asked for and shows each tick, another
/// goes ahead and keeps snapshots, so that a seek starts near where it ends. Orders are done in turn.
/// </summary>
internal sealed class ReplaySession : IReplayControl, IAsyncDisposable
{
    public const double Slowest = 1, Fastest = 1000;

    private const long SnapshotEveryMs = 60_000;
    private static readonly TimeSpan ShowEvery = TimeSpan.FromMilliseconds(100), LifeEvery = TimeSpan.FromSeconds(1);

    private readonly string _journal;
    private readonly Channel<Order> _orders = Channel.CreateBounded<Order>(64);
    private readonly SnapshotShelf _shelf = new(SnapshotEveryMs);
    private readonly CancellationTokenSource _stop = new();
    private readonly JournalExtent _extent;
    private ReplayWorld _world;
    private Action<ReplayWorld> _show = _ => { };
    private Task _playing = Task.CompletedTask, _keeping = Task.CompletedTask;
    private ReplayView _view;
    private double _speed;
    private bool _paused, _ended;

    /// <exception cref="CliFailure">There is no journal, or it holds no tick.</exception>
    public ReplaySession(string journal, double speed)
    {
        _journal = journal;
        _speed = speed;
        _world = new ReplayWorld(journal);
        _extent = JournalExtent.Of(journal, _ => null) is { } extent && extent.FirstTickMs <= extent.LastTickMs
            ? extent
            : throw CliFailure.Failed($"the journal in '{journal}' holds no tick");
        _view = new ReplayView(_extent.FirstTickMs, _extent.LastTickMs, _extent.FirstTickMs, speed, false, false, false, 0, null);
    }

    public ReplayWorld World => _world;

    /// <summary>Begins to play; each tick to be seen is shown.</summary>
    public void Start(Action<ReplayWorld> show)
    {
        _show = show;
        _playing = Task.Factory.StartNew(PlayAsync, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        _keeping = Task.Factory.StartNew(Keep, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Completes only when the playing breaks, or was asked to end.</summary>
    public Task Playing => _playing;

    public ReplayView State() => Volatile.Read(ref _view) with { Snapshots = _shelf.Count };

    public async Task<(string? Wrong, ReplayView View)> DoAsync(ReplayOrder order, CancellationToken cancel)
    {
        string? wrong = order.Action switch
        {
            "pause" or "play" or "step" => null,
            "seek" when order.AtMs is not null => null,
            "seek" => "seek needs atMs, milliseconds of the feed's clock.",
            "speed" when order.Speed is >= Slowest and <= Fastest => null,
            "speed" => "speed is from 1 to 1000.",
            _ => "action is pause, play, step, seek or speed.",
        };
        if (wrong is not null) return (wrong, State());
        var asked = new Order(order, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (!_orders.Writer.TryWrite(asked)) return ("Too many orders wait already; try again.", State());
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancel, _stop.Token);
        await asked.Done.Task.WaitAsync(either.Token);
        return (null, State());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_playing, _keeping).ContinueWith(_ => { }, TaskScheduler.Default);
        _world.Dispose();
        _stop.Dispose();
    }

    private async Task PlayAsync()
    {
        var clock = Stopwatch.StartNew();
        long fromMs = _extent.FirstTickMs, shownAt = 0;
        while (!_stop.IsCancellationRequested)
        {
            if (_orders.Reader.TryRead(out Order? order))
            {
                Do(order.What);
                Show();
                order.Done.SetResult();
                // From here on, and from now on, time runs at the speed asked for.
                fromMs = Math.Max(_world.NowMs, _extent.FirstTickMs);
                clock.Restart();
            }
            else if (_paused || _ended)
            {
                // A sign of life: what stands still is not stale.
                if (!await WaitForOrderAsync(LifeEvery)) Show();
            }
            else
            {
                _ended = !_world.Step();
                double aheadMs = ((_world.NowMs - fromMs) / _speed) - clock.Elapsed.TotalMilliseconds;
                if (_ended || aheadMs > 0 || Stopwatch.GetElapsedTime(shownAt) >= ShowEvery)
                {
                    Show();
                    shownAt = Stopwatch.GetTimestamp();
                }
                if (aheadMs > 1 && !_ended) await WaitForOrderAsync(TimeSpan.FromMilliseconds(aheadMs));
            }
        }
    }

    private void Do(ReplayOrder order)
    {
        switch (order.Action)
        {
            case "pause": _paused = true; break;
            case "play": _paused = false; break;
            case "speed": _speed = order.Speed!.Value; break;
            case "step":
                _paused = true;
                _ended = !_world.Step();
                break;
            default: Seek(Math.Clamp(order.AtMs!.Value, _extent.FirstTickMs, _extent.LastTickMs)); break;
        }
    }

    /// <summary>Goes to the first tick at or after an instant.</summary>
    private void Seek(long atMs)
    {
        Snapshot? near = _shelf.Last(atMs);
        bool back = _world.NowMs > atMs || _world.NowMs == 0;
        if (near is not null && (back || near.TickMs > _world.NowMs)) _world.Return(near);
        else if (back && _world.Events > 0)
        {
            _world.Dispose();
            _world = new ReplayWorld(_journal);
        }
        _ended = false;
        Volatile.Write(ref _view, _view with { Seeking = true, Digest = null });
        while (_world.NowMs < atMs && !_stop.IsCancellationRequested)
            if (!_world.Step())
            {
                _ended = true;
                break;
            }
    }

    private void Show()
    {
        bool still = _paused || _ended;
        string? digest = still ? _world.Brain.Digest().ToString("x16", CultureInfo.InvariantCulture) : null;
        Volatile.Write(ref _view, _view with
        {
            AtMs = _world.NowMs, Speed = _speed, Paused = _paused, Ended = _ended, Seeking = false, Digest = digest,
        });
        _show(_world);
    }

    private async Task<bool> WaitForOrderAsync(TimeSpan atMost)
    {
        using CancellationTokenSource wait = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        wait.CancelAfter(atMost);
        try
        {
            return await _orders.Reader.WaitToReadAsync(wait.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    /// <summary>Goes through the journal once, ahead of everybody, and keeps snapshots.</summary>
    private void Keep()
    {
        using var ahead = new ReplayWorld(_journal);
        while (!_stop.IsCancellationRequested && ahead.Step())
            if (_shelf.Wants(ahead.NowMs) && ahead.Photograph() is { } snapshot)
                _shelf.Put(snapshot);
    }

    private sealed record Order(ReplayOrder What, TaskCompletionSource Done);
}
