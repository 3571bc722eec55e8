using CityBrain.Model;

namespace CityBrain.Controllers;

/// <summary>What is known of the commands to one controller.</summary>
public readonly record struct CommandStanding
{
    /// <summary>Sequence and instant (ms) of the last command sent; 0 before the first.</summary>
    public uint LastSent { get; init; }
    public long LastSentMs { get; init; }
    /// <summary>Sequence of the last command that the controller said it accepted.</summary>
    public uint LastAccepted { get; init; }
    /// <summary>What it last said of itself.</summary>
    public ControllerMode Mode { get; init; }
    /// <summary>Why it refused the last command, or None.</summary>
    public Refusal Refusal { get; init; }
    /// <summary>Milliseconds from the command to the report that accepted it, for the last one accepted.</summary>
    public long AcceptedAfterMs { get; init; }
    /// <summary>Sent, and neither accepted nor refused within the bound.</summary>
    public bool TimedOut { get; init; }
}

/// <summary>
/// Follows every command until its controller says what became of it. A controller's report is the acknowledgement:
/// it carries the last sequence accepted and the last refusal. Counters only grow; arrays by intersection, nothing is
/// allocated after construction. One thread.
/// </summary>
public sealed class CommandLedger
{
    private readonly CommandStanding[] _standing;
    private readonly long[] _oldestOpenMs, _timeoutMs;
    private readonly uint[] _oldestOpen;
    private readonly long[] _refused = new long[(int)Refusal.Malformed + 1];

    /// <summary>A ledger for all controllers; a command is given up after the intersection's fallback bound.</summary>
    public CommandLedger(City city)
    {
        int n = city.Intersections.Length;
        _standing = new CommandStanding[n];
        _oldestOpenMs = new long[n];
        _oldestOpen = new uint[n];
        _timeoutMs = [.. city.Intersections.Select(i => i.Limits.Fallback.Value)];
    }

    /// <summary>Reports that accepted a command not yet known to be accepted.</summary>
    public long Acknowledged { get; private set; }
    /// <summary>Times a controller let commands pass for the whole bound.</summary>
    public long TimedOut { get; private set; }
    /// <summary>Times a controller left the brain's commands for its own programme, for a fault or for flashing.</summary>
    public long FellBack { get; private set; }
    /// <summary>Times a controller came back to the brain's commands.</summary>
    public long TookOver { get; private set; }

    /// <summary>Reports of a refusal for this reason; one that is only said again counts once.</summary>
    public long Refused(Refusal reason) => _refused[(int)reason];

    public CommandStanding this[int intersection] => _standing[intersection];

    /// <summary>Controllers that do not obey now although commands were sent to them.</summary>
    public int NotObeying
    {
        get
        {
            int n = 0;
            foreach (CommandStanding s in _standing)
                if (s.LastSent != 0 && (s.TimedOut || s.Mode is not (ControllerMode.Remote or ControllerMode.Unknown))) n++;
            return n;
        }
    }

    /// <summary>A command left for its controller.</summary>
    public void Sent(int intersection, uint sequence, long timeMs)
    {
        _standing[intersection] = _standing[intersection] with { LastSent = sequence, LastSentMs = timeMs };
        if (_oldestOpen[intersection] != 0) return;
        _oldestOpen[intersection] = sequence;
        _oldestOpenMs[intersection] = timeMs;
    }

    /// <summary>A controller said what it does; a report about no controller of the city is ignored.</summary>
    public void Reported(in ControllerReport report)
    {
        if ((uint)report.Intersection >= (uint)_standing.Length) return;
        CommandStanding old = _standing[report.Intersection];
        CountMode(old.Mode, report.Mode);
        bool refused = report.Refusal != Refusal.None
            && (report.Refusal != old.Refusal || report.LastSequence != old.LastAccepted);
        if (refused && (int)report.Refusal < _refused.Length) _refused[(int)report.Refusal]++;
        bool accepted = report.LastSequence != old.LastAccepted && report.LastSequence != 0
            && (int)(old.LastSent - report.LastSequence) >= 0;
        if (accepted) Acknowledged++;
        bool closes = accepted || report.Refusal != Refusal.None;
        if (closes && (report.Refusal != Refusal.None || (int)(report.LastSequence - _oldestOpen[report.Intersection]) >= 0))
            _oldestOpen[report.Intersection] = 0;
        _standing[report.Intersection] = old with
        {
            Mode = report.Mode,
            Refusal = report.Refusal,
            LastAccepted = accepted ? report.LastSequence : old.LastAccepted,
            AcceptedAfterMs = accepted && report.LastSequence == old.LastSent
                ? report.TimeMs - old.LastSentMs : old.AcceptedAfterMs,
            TimedOut = old.TimedOut && !closes,
        };
    }

    /// <summary>Time has moved on: commands that nobody has answered within the bound are given up.</summary>
    public void Tick(long nowMs)
    {
        for (int i = 0; i < _standing.Length; i++)
        {
            if (_oldestOpen[i] == 0 || nowMs - _oldestOpenMs[i] < _timeoutMs[i]) continue;
            if (!_standing[i].TimedOut) TimedOut++;
            _standing[i] = _standing[i] with { TimedOut = true };
            _oldestOpen[i] = 0;
        }
    }

    private void CountMode(ControllerMode old, ControllerMode now)
    {
        if (old == ControllerMode.Remote && now != ControllerMode.Remote) FellBack++;
        if (old is ControllerMode.Fallback or ControllerMode.Fault or ControllerMode.Flash && now == ControllerMode.Remote)
            TookOver++;
    }
}
