using CityBrain.Model;

namespace CityBrain.SignalControl.Tests;

/// <summary>
/// Watches the heads of one intersection, tick by tick, and writes down every broken rule. It shares nothing with the
/// gate: it keeps the whole history of each group and measures intervals in it.
/// </summary>
public sealed class SignalAudit(Intersection at)
{
    private readonly List<(long AtMs, Aspect Aspect)>[] _history =
        [.. at.Groups.Select(_ => new List<(long, Aspect)>())];

    public List<string> Faults { get; } = [];

    public void See(ReadOnlySpan<Aspect> shown, long nowMs)
    {
        for (int g = 0; g < shown.Length; g++)
        {
            List<(long AtMs, Aspect Aspect)> h = _history[g];
            if (h.Count == 0 || h[^1].Aspect != shown[g]) h.Add((nowMs, shown[g]));
        }
        for (int g = 0; g < shown.Length; g++)
        {
            CheckEnd(g, nowMs);
            for (int o = 0; o < shown.Length; o++) CheckPair(g, o, nowMs);
        }
    }

    public string Shown => string.Concat(_history.Select(h => h[^1].Aspect.Letter()));

    private void CheckEnd(int g, long nowMs)
    {
        List<(long AtMs, Aspect Aspect)> h = _history[g];
        if (h.Count < 2 || h[^1].AtMs != nowMs) return;
        (long beganMs, Aspect was) = h[^2];
        Aspect now = h[^1].Aspect;
        SignalGroup group = at.Groups[g];
        if (was == Aspect.Yellow && (nowMs - beganMs < group.Yellow.Value || now.IsGreen()))
            Faults.Add($"{nowMs}: {group.Id} yellow for {nowMs - beganMs} ms, then {now}");
        if (was.IsGreen() && !now.IsGreen())
        {
            if (now != Aspect.Yellow && group.Yellow.Value > 0) Faults.Add($"{nowMs}: {group.Id} green, then {now}");
            int k = h.Count - 2;
            while (k > 0 && h[k - 1].Aspect.IsGreen()) k--;
            long min = Math.Max(group.MinGreen.Value, group.Walk.Value + group.Clearance.Value);
            if (k > 0 && nowMs - h[k].AtMs < min) Faults.Add($"{nowMs}: {group.Id} green for {nowMs - h[k].AtMs} ms");
        }
    }

    private void CheckPair(int starting, int other, long nowMs)
    {
        if (!at.Conflicts.Conflicts(starting, other)) return;
        List<(long AtMs, Aspect Aspect)> s = _history[starting], o = _history[other];
        if (!s[^1].Aspect.IsGreen()) return;
        if (!at.Conflicts.Compatible(starting, s[^1].Aspect, other, o[^1].Aspect))
            Faults.Add($"{nowMs}: {at.Groups[starting].Id} and {at.Groups[other].Id} both green");
        bool begins = s[^1].AtMs == nowMs && s.Count > 1
            && (!s[^2].Aspect.IsGreen() || (s[^2].Aspect == Aspect.GreenYield && s[^1].Aspect == Aspect.Green));
        if (!begins || o[^1].Aspect.IsGreen()) return;
        int lastGreen = o.FindLastIndex(x => x.Aspect.IsGreen());
        if (lastGreen < 0) return;
        long gapMs = nowMs - o[lastGreen + 1].AtMs;
        if (gapMs < at.Intergreens.Ms(other, starting))
            Faults.Add($"{nowMs}: {at.Groups[starting].Id} starts {gapMs} ms after {at.Groups[other].Id}");
    }
}
