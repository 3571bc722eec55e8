using System.Globalization;
using CityBrain.Model;
using CityBrain.Storm;

namespace CityBrain.Load;

/// <summary>
/// Follows one controller by what its lamps show: unsafe aspects, how long it obeys after the last command, when it fell
/// back after a kill, when it obeyed again after a restart. Called by one process's reader at a time and by the killers.
/// </summary>
internal sealed class CabinetWitness(Intersection at, KillsFigures figures)
{
    private readonly Lock _lock = new();
    private readonly SafetyWitness _witness = new(at);
    private readonly Aspect[] _heads = Filled(at);
    private bool _remote;
    private long _accepted, _acceptedMs, _lostMs = -1, _waitsSinceMs = -1;
    private string _waitsFor = "";
    private uint _sequence;

    public bool Remote
    {
        get { lock (_lock) return _remote; }
    }

    public void CopyHeads(Span<Aspect> to)
    {
        lock (_lock) _heads.CopyTo(to);
    }

    /// <summary>A line of the controller's process.</summary>
    public void Read(string line)
    {
        string[] parts = line.Split(' ');
        long ms = long.Parse(parts[0], CultureInfo.InvariantCulture);
        var mode = (ControllerMode)int.Parse(parts[1], CultureInfo.InvariantCulture);
        lock (_lock)
        {
            for (int g = 0; g < _heads.Length; g++) _heads[g] = (Aspect)(parts[2][g] - 'a');
            bool remote = mode == ControllerMode.Remote;
            if (_witness.Look(_heads, ms, remote && _remote) is { } wrong) figures.Unsafe($"{at.Id}: {wrong}");
            Taken(long.Parse(parts[3], CultureInfo.InvariantCulture), uint.Parse(parts[4], CultureInfo.InvariantCulture), ms);
            if (_remote && !remote) FellBack(ms);
            if (!_remote && remote) figures.Tell($"{at.Id} obeys");
            _remote = remote;
            figures.Looked();
        }
    }

    /// <summary>The process of the controller is gone: its lamps are dark.</summary>
    public void GoDark()
    {
        lock (_lock)
        {
            _witness.GoDark(CabinetProgram.SteadyMs);
            Array.Fill(_heads, Aspect.Off);
            (_remote, _accepted, _sequence) = (false, 0, 0);
            Overtaken();
            _lostMs = -1;
        }
    }

    /// <summary>Brain or broker were killed.</summary>
    public void Lost(long ms)
    {
        lock (_lock)
        {
            Overtaken();
            if (_lostMs < 0 && _remote) _lostMs = ms;
        }
    }

    /// <summary>What was killed has been started again: from now on it counts how long this one takes to obey.</summary>
    public void Restarted(string what, long ms)
    {
        lock (_lock) (_waitsFor, _waitsSinceMs) = (what, ms);
    }

    private void Taken(long accepted, uint sequence, long ms)
    {
        if (accepted == _accepted) return;
        // Numbers rise as long as it obeys; the same one twice is a replay.
        if (_remote && _accepted > 0 && (int)(sequence - _sequence) <= 0)
            figures.Unsafe($"{at.Id}: obeys command {sequence} after {_sequence}");
        (_accepted, _sequence, _acceptedMs) = (accepted, sequence, ms);
        figures.Obeyed();
        if (_waitsSinceMs >= 0 && ms > _waitsSinceMs) figures.Recovered(_waitsFor, ms - _waitsSinceMs);
        if (ms > _waitsSinceMs) _waitsSinceMs = -1;
        _lostMs = -1;
    }

    private void FellBack(long ms)
    {
        figures.FellBack(_lostMs < 0 ? -1 : ms - _lostMs, ms - _acceptedMs);
        _lostMs = -1;
    }

    private void Overtaken()
    {
        if (_waitsSinceMs >= 0) figures.Overtaken();
        _waitsSinceMs = -1;
    }

    private static Aspect[] Filled(Intersection at)
    {
        var heads = new Aspect[at.Groups.Length];
        Array.Fill(heads, Aspect.Off);
        return heads;
    }
}
