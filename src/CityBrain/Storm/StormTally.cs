using System.Globalization;
using CityBrain.Cli;
using CityBrain.Model;

namespace CityBrain.Storm;

/// <summary>Adds up what many storms counted. Any thread.</summary>
internal sealed class StormTally
{
    private readonly Lock _lock = new();
    private readonly List<long> _fallbackMs = [], _recoveryMs = [];
    private readonly long[] _refused = new long[(int)Refusal.Malformed + 1];
    private readonly SortedDictionary<string, int> _broken = new(StringComparer.Ordinal);
    private long _storms, _seconds, _faults, _commands, _acknowledged, _brainStarts, _connects, _mostBytes;

    public void Add(StormResult result)
    {
        lock (_lock)
        {
            StormFigures f = result.Figures;
            _storms++;
            _seconds += result.AtMs / 1000;
            _faults += result.Script.Faults.Count;
            _commands += f.Commands;
            _acknowledged += f.Acknowledged;
            _brainStarts += f.BrainStarts;
            _connects += f.Connects;
            _mostBytes = Math.Max(_mostBytes, f.MostBytes);
            _fallbackMs.AddRange(f.FallbackMs);
            if (f.RecoveryMs >= 0) _recoveryMs.Add(f.RecoveryMs);
            for (int r = 0; r < _refused.Length; r++) _refused[r] += f.Refused[r];
            if (result.Rule is { } rule) _broken[rule] = _broken.GetValueOrDefault(rule) + 1;
        }
    }

    public void Print(TextWriter to, TimeSpan took, bool json)
    {
        _fallbackMs.Sort();
        _recoveryMs.Sort();
        if (json) WriteJson(to, took);
        else WriteText(to, took);
    }

    private void WriteText(TextWriter to, TimeSpan took)
    {
        string refused = string.Join(", ", Enumerable.Range(1, _refused.Length - 1).Select(r => $"{(Refusal)r} {_refused[r]}"));
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            storms        {_storms}, {_seconds / 3600.0:0.0} simulated hours in {took.TotalSeconds:0} s
            faults        {_faults}; brain started {_brainStarts} times, connections made {_connects}
            commands      {_commands} given; refused: {refused}
            acknowledged  {_acknowledged} presses
            fallback      {_fallbackMs.Count} times; from the last command p50 {At(_fallbackMs, 0.5)} ms, p99 {At(_fallbackMs, 0.99)} ms, most {At(_fallbackMs, 1)} ms
            recovery      p50 {At(_recoveryMs, 0.5)} ms, p99 {At(_recoveryMs, 0.99)} ms, most {At(_recoveryMs, 1)} ms after the storm
            memory        at most {_mostBytes} bytes on one connection
            broken        {(_broken.Count == 0 ? "no rule" : string.Join(", ", _broken.Select(b => $"{b.Key} {b.Value}")))}
            """));
    }

    private void WriteJson(TextWriter to, TimeSpan took) => Json.WriteLine(to, w =>
    {
        w.WriteNumber("storms", _storms);
        w.WriteNumber("simulatedS", _seconds);
        w.WriteNumber("tookS", Math.Round(took.TotalSeconds, 1));
        w.WriteNumber("faults", _faults);
        w.WriteNumber("commands", _commands);
        w.WriteNumber("acknowledged", _acknowledged);
        w.WriteNumber("brainStarts", _brainStarts);
        w.WriteNumber("fallbacks", _fallbackMs.Count);
        w.WriteNumber("fallbackP50Ms", At(_fallbackMs, 0.5));
        w.WriteNumber("fallbackMostMs", At(_fallbackMs, 1));
        w.WriteNumber("recoveryP50Ms", At(_recoveryMs, 0.5));
        w.WriteNumber("recoveryMostMs", At(_recoveryMs, 1));
        w.WriteNumber("mostBytes", _mostBytes);
        w.WriteNumber("failed", _broken.Values.Sum());
    });

    private static long At(List<long> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(share * sorted.Count))];
}
