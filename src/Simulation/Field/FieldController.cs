using CityBrain.Model;

namespace CityBrain.Simulation;

/// <summary>
/// An intersection controller as it stands in a cabinet on the street. It shows what it is commanded as long as the
/// commands are fresh and its own <see cref="ConflictMonitor"/> agrees; else it runs its own programme, and
/// says so. Pure: time comes in with the calls. A command offered at t is shown by the step at t. Nothing is allocated
/// after construction. There are two times: the wall clock, which may be set, says whether a command is fresh and
/// where the programme stands; the steady one, which only runs, measures everything that must last: yellow, intergreen,
/// shortest green, and how long a command is obeyed.
/// </summary>
public sealed class FieldController
{
    private readonly Intersection _intersection;
    private readonly ConflictMonitor _monitor;
    private readonly OwnProgramme? _own;
    private readonly long _fallbackMs, _clockSkewMs, _earlyMs;
    private readonly Aspect[] _commanded, _next;
    private readonly long[] _refusals = new long[(int)Refusal.Malformed + 1];
    private long _offeredMs;
    private long _expiresMs, _commandTimeMs = long.MinValue, _validUntilMs;
    private long _wallAheadMs;
    private readonly bool _switchedOnNow;
    private bool _commandPending, _stepped;

    /// <summary>A wall clock that is off by more than this was set, and the programme has to be joined anew, milliseconds.</summary>
    private const long ClockSetMs = 250;

    /// <summary>A controller for one intersection of the city.</summary>
    /// <param name="city">The city whose data it is wired from.</param>
    /// <param name="intersection">Index of the intersection.</param>
    /// <param name="options">How it is set up.</param>
    public FieldController(City city, int intersection, FieldOptions options)
    {
        _intersection = city.Intersections[intersection];
        _monitor = new ConflictMonitor(_intersection);
        if (_intersection.Programme is { } programme)
            _own = new OwnProgramme(_intersection, programme, !options.SwitchedOnNow);
        _fallbackMs = options.FallbackMs > 0 ? options.FallbackMs : _intersection.Limits.Fallback.Value;
        _clockSkewMs = options.ClockSkewMs;
        _earlyMs = options.EarlyMs;
        _switchedOnNow = options.SwitchedOnNow;
        _commanded = new Aspect[_intersection.Groups.Length];
        _next = new Aspect[_intersection.Groups.Length];
        Mode = _own is null ? ControllerMode.Flash : ControllerMode.Fallback;
    }

    /// <summary>Index of its intersection.</summary>
    public int Intersection => _intersection.Index;
    /// <summary>Remote while it obeys; Fallback on its own programme; Flash where it has none.</summary>
    public ControllerMode Mode { get; private set; }
    /// <summary>Sequence of the last command it accepted; 0 before the first.</summary>
    public uint LastSequence { get; private set; }
    /// <summary>Why the last command was refused; None when it was accepted.</summary>
    public Refusal LastRefusal { get; private set; }
    /// <summary>Commands accepted.</summary>
    public long Accepted { get; private set; }
    /// <summary>Times it went back to its own programme, the brain's releases included.</summary>
    public long Fallbacks { get; private set; }
    /// <summary>Its own programme has every group again.</summary>
    public bool InStepWithProgramme => Mode == ControllerMode.Fallback && _own is { InStep: true };
    /// <summary>What the heads show.</summary>
    public ReadOnlySpan<Aspect> Shown => _monitor.Shown;

    /// <summary>The stage whose aspects the heads show, -1 while they change or where it is no stage.</summary>
    public int StageShown
    {
        get
        {
            foreach (Stage stage in _intersection.Stages)
                if (_monitor.Shown.SequenceEqual(stage.Aspects)) return stage.Index;
            return -1;
        }
    }

    /// <summary>Commands refused for this reason.</summary>
    public long Refused(Refusal reason) => _refusals[(int)reason];

    /// <summary>Commands refused for any reason.</summary>
    public long RefusedInAll
    {
        get
        {
            long sum = 0;
            foreach (long n in _refusals) sum += n;
            return sum;
        }
    }

    /// <summary>
    /// A command arrives. None when it will be shown by the next step, or, where a yellow, an intergreen or a shortest
    /// green has a moment to go, as soon as that is over; any other value is a refusal, counted, and the heads stay as
    /// they are.
    /// </summary>
    /// <param name="command">The command.</param>
    /// <param name="aspects">One a group.</param>
    /// <param name="nowMs">The wall clock.</param>
    /// <param name="steadyMs">The clock that is never set.</param>
    public Refusal Offer(in ReceivedCommand command, ReadOnlySpan<Aspect> aspects, long nowMs, long steadyMs)
    {
        Refusal refusal = Judge(command, aspects, nowMs, steadyMs);
        LastRefusal = refusal;
        if (refusal != Refusal.None)
        {
            _refusals[(int)refusal]++;
            return refusal;
        }
        Accepted++;
        LastSequence = command.Sequence;
        _commandTimeMs = command.TimeMs;
        _validUntilMs = command.ValidUntilMs;
        _expiresMs = steadyMs + Math.Min(_fallbackMs, command.ValidUntilMs - nowMs + 1);
        if (command.Kind == CommandKind.Release)
        {
            _commandPending = false;
            if (Mode == ControllerMode.Remote) FallBack();
            return Refusal.None;
        }
        aspects.CopyTo(_commanded);
        _commandPending = true;
        _offeredMs = steadyMs;
        return Refusal.None;
    }

    /// <summary>As above, where the wall clock is never set.</summary>
    public Refusal Offer(in ReceivedCommand command, ReadOnlySpan<Aspect> aspects, long nowMs) =>
        Offer(command, aspects, nowMs, nowMs);

    /// <summary>Counts a command that could not even be read, or whose signature is wrong.</summary>
    public void CountUnreadable(Refusal reason)
    {
        LastRefusal = reason;
        _refusals[(int)reason]++;
    }

    /// <summary>Moves on to now and returns what the heads show from now on, where the wall clock is never set.</summary>
    public ReadOnlySpan<Aspect> Step(long nowMs) => Step(nowMs, nowMs);

    /// <summary>Moves on to now and returns what the heads show from now on.</summary>
    public ReadOnlySpan<Aspect> Step(long nowMs, long steadyMs)
    {
        if (_switchedOnNow && !_stepped) _monitor.SwitchOn(steadyMs);
        Follow(nowMs - steadyMs);
        if (_commandPending) TakeCommand(steadyMs);
        else if (Mode == ControllerMode.Remote && steadyMs >= _expiresMs) FallBack();

        if (Mode == ControllerMode.Remote) return _monitor.Shown;
        if (_own is null) Array.Fill(_next, Aspect.Blinking);
        else _own.Next(_monitor, steadyMs, steadyMs + _wallAheadMs, _next);
        _monitor.Show(_next, steadyMs);
        return _monitor.Shown;
    }

    /// <summary>Adds all that the next steps depend on.</summary>
    public void AddTo(ref Digest digest)
    {
        digest.Add((int)Mode);
        digest.Add((int)LastSequence);
        foreach (Aspect aspect in _monitor.Shown) digest.Add((int)aspect);
    }

    /// <summary>
    /// The programme runs by the wall clock. When that is set, following it at once would cut yellows and intergreens
    /// short: every group joins again, as after the brain's commands.
    /// </summary>
    private void Follow(long wallAheadMs)
    {
        bool set = Math.Abs(wallAheadMs - _wallAheadMs) > ClockSetMs;
        if (set || !_stepped) _wallAheadMs = wallAheadMs;
        if (set && _stepped) _own?.Leave();
        _stepped = true;
    }

    private Refusal Judge(in ReceivedCommand command, ReadOnlySpan<Aspect> aspects, long nowMs, long steadyMs)
    {
        if (command.Kind is not (CommandKind.Show or CommandKind.Release)) return Refusal.Malformed;
        if (command.Intersection != _intersection.Index) return Refusal.WrongAddress;
        if (nowMs > command.ValidUntilMs || nowMs - command.TimeMs > _fallbackMs
            || command.TimeMs - nowMs > _clockSkewMs) return Refusal.Stale;
        if (Replays(command)) return Refusal.Replayed;
        return command.Kind == CommandKind.Release ? Refusal.None : _monitor.Judge(aspects, steadyMs + _earlyMs);
    }

    /// <summary>
    /// Sequence not above the last one (modulo 2^32). A brain that starts afresh counts from one again: off its
    /// commands, the controller takes a low number if the command was made after the last one's validity.
    /// </summary>
    private bool Replays(in ReceivedCommand command)
    {
        if (Accepted == 0 || (int)(command.Sequence - LastSequence) > 0) return false;
        return Mode == ControllerMode.Remote || _commandPending
            || command.TimeMs <= Math.Max(_commandTimeMs, _validUntilMs);
    }

    private void TakeCommand(long steadyMs)
    {
        if (steadyMs >= _expiresMs)
        {
            _commandPending = false;
            if (Mode == ControllerMode.Remote) FallBack();
            return;
        }
        Refusal tooEarly = _monitor.Judge(_commanded, steadyMs);
        if (tooEarly != Refusal.None && steadyMs - _offeredMs < _earlyMs) return;
        _commandPending = false;
        if (tooEarly != Refusal.None)
        {
            LastRefusal = tooEarly;
            _refusals[(int)tooEarly]++;
            return;
        }
        Mode = ControllerMode.Remote;
        _own?.Leave();
        _monitor.Show(_commanded, steadyMs);
    }

    private void FallBack()
    {
        Fallbacks++;
        Mode = _own is null ? ControllerMode.Flash : ControllerMode.Fallback;
    }
}
