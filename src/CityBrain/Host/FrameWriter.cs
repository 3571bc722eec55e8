using System.Diagnostics;
using CityBrain.Brain;
using CityBrain.Dashboard;
using CityBrain.Model;
using CityBrain.SignalControl;
using CityBrain.SignalControl.Safety;

namespace CityBrain.Host;

/// <summary>Copies the brain's state into the dashboard's frames, on the brain's thread; allocates nothing.</summary>
internal sealed class FrameWriter(
    City city, FrameExchange frames, ClockMode clock, Action<CityFrame> fillFeeds, int minPauseMs)
{
    private long _lastPublished;

    /// <summary>The reasons that the frames show.</summary>
    public LastReasons Reasons { get; set; } = new(city.Intersections.Length);

    /// <summary>After each tick: remembers reasons, and publishes a frame unless one was published just now.</summary>
    public void Write(DistrictBrain brain)
    {
        Reasons.Note(brain.Commands);
        long now = Stopwatch.GetTimestamp();
        if (_lastPublished != 0 && Stopwatch.GetElapsedTime(_lastPublished, now).TotalMilliseconds < minPauseMs) return;
        _lastPublished = now;
        Publish(brain);
    }

    /// <summary>Publishes a frame of the brain as it is.</summary>
    public void Publish(DistrictBrain brain)
    {
        CityFrame frame = frames.Writing;
        frame.Clock = clock;
        frame.Policy = brain.Policy.Name;
        frame.CopyFrom(city, brain.Traffic);
        foreach (int i in brain.Intersections) Fill(ref frame.Intersections[i], brain, i);
        fillFeeds(frame);
        frames.Publish();
    }

    private void Fill(ref IntersectionFrame frame, DistrictBrain brain, int i)
    {
        SignalStatus status = brain.Gate.Status(i, brain.NowMs);
        frame.Stage = (short)status.Stage;
        frame.PreviousStage = (short)status.PreviousStage;
        frame.StageSinceMs = status.StageSinceMs;
        frame.Changing = status.Changing;
        frame.Commanded = brain.Gate.Mode(i) == IntersectionMode.Commanding;
        frame.Reason = Reasons.Of(i);
        if (brain.Gate.ReleasedFor(i) is var rule and not Rule.None) frame.Reason.Rule = rule;
        frame.DecidedMs = Reasons.DecidedMs(i);
        var (kind, stage, untilMs) = brain.Gate.OverrideOf(i, brain.NowMs);
        frame.Override = kind;
        frame.OverrideStage = (short)stage;
        frame.OverrideUntilMs = untilMs;
    }
}

/// <summary>The last reason of each intersection that said something.</summary>
internal sealed class LastReasons(int intersections)
{
    private readonly DecisionReason[] _reasons = new DecisionReason[intersections];
    private readonly long[] _decidedMs = new long[intersections];

    public ref readonly DecisionReason Of(int intersection) => ref _reasons[intersection];

    public long DecidedMs(int intersection) => _decidedMs[intersection];

    public void Note(CommandBuffer commands)
    {
        for (int i = 0; i < commands.Count; i++)
        {
            ref readonly SignalCommand command = ref commands[i];
            // A keep-alive between two decisions says nothing new.
            bool says = command.Changed || command.Reason.AlternativeCount > 0;
            if (!says && _decidedMs[command.Intersection] != 0) continue;
            _reasons[command.Intersection] = command.Reason;
            _decidedMs[command.Intersection] = command.TimeMs;
        }
    }
}
