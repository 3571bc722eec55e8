using System.Globalization;

namespace CityBrain.Load;

/// <summary>What a series of kills showed. Any thread.</summary>
internal sealed class KillsFigures(bool show)
{
    private readonly long _began = CabinetProgram.SteadyMs;
    private const int UnsafeKept = 20;
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, int> _kills = new(StringComparer.Ordinal), _gaveUp = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, List<long>> _recoveries = new(StringComparer.Ordinal);
    private readonly List<long> _fallbacks = [], _obeyed = [];
    private readonly List<string> _unsafe = [];
    private long _looks, _commands, _overtaken;

    public long Presses { get; set; }
    public long Acknowledged { get; set; }
    public long Lost { get; set; }
    public long Doubled { get; set; }
    public long Events { get; set; }
    public long Readings { get; set; }
    public int UnsafeCount { get; private set; }

    /// <summary>The lamps of a controller were looked at.</summary>
    public void Looked() => Interlocked.Increment(ref _looks);

    /// <summary>A controller took a command.</summary>
    public void Obeyed() => Interlocked.Increment(ref _commands);

    /// <summary>The next kill came before this recovery.</summary>
    public void Overtaken() => Interlocked.Increment(ref _overtaken);

    /// <summary>With --show, a line for each thing that happens, seconds since the beginning first.</summary>
    public void Tell(string what)
    {
        if (show) Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(CabinetProgram.SteadyMs - _began) / 1000.0,8:0.000} {what}"));
    }

    public void Killed(string what)
    {
        Tell($"{what} killed");
        lock (_lock) _kills[what] = _kills.GetValueOrDefault(what) + 1;
    }

    /// <summary>A process ended by itself and was started again, as systemd does it.</summary>
    public void EndedByItself(string what)
    {
        lock (_lock) _gaveUp[what] = _gaveUp.GetValueOrDefault(what) + 1;
    }

    public void Unsafe(string what)
    {
        lock (_lock)
        {
            UnsafeCount++;
            if (_unsafe.Count < UnsafeKept) _unsafe.Add(what);
        }
    }

    public void Recovered(string what, long ms)
    {
        Tell($"obeys {ms} ms after the {what} was started again");
        lock (_lock)
        {
            if (!_recoveries.TryGetValue(what, out List<long>? all)) _recoveries[what] = all = [];
            all.Add(ms);
        }
    }

    /// <param name="sinceKillMs">Negative where no kill was the reason.</param>
    /// <param name="obeyedMs">Since the last command that was accepted.</param>
    public void FellBack(long sinceKillMs, long obeyedMs)
    {
        Tell($"fell back {obeyedMs} ms after the last command");
        lock (_lock)
        {
            if (sinceKillMs >= 0) _fallbacks.Add(sinceKillMs);
            _obeyed.Add(obeyedMs);
        }
    }

    public bool Good => Lost == 0 && Doubled == 0 && UnsafeCount == 0 && Acknowledged > 0;

    public void Print(TextWriter to, double seconds)
    {
        lock (_lock)
        {
            to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
                kills          {_kills.Values.Sum()} in {seconds:0} s: {List(_kills)}
                ended itself   {(_gaveUp.Count == 0 ? "none" : List(_gaveUp))} (started again)
                load           {Readings:N0} readings sent, {Events:N0} events journaled, {_commands:N0} commands obeyed
                presses        {Presses:N0}, acknowledged {Acknowledged:N0}: lost {Lost}, doubled {Doubled}
                unsafe         {UnsafeCount} of {_looks:N0} looks at the lamps
                fallbacks      {_obeyed.Count}; last command accepted to fallback, ms: p50 {At(_obeyed, 0.5)}, p99 {At(_obeyed, 0.99)}, most {At(_obeyed, 1)}
                """));
            foreach (string wrong in _unsafe) to.WriteLine("  unsafe: " + wrong);
            Histogram.Print(to, "kill of brain or broker to fallback", _fallbacks);
            foreach ((string what, List<long> all) in _recoveries)
                Histogram.Print(to, $"restart of the {what} to a command obeyed", all);
            to.WriteLine($"recoveries that the next kill came before: {_overtaken}");
        }
    }

    private static string List(SortedDictionary<string, int> counts) =>
        string.Join(", ", counts.Select(k => $"{k.Key} {k.Value}"));

    private static long At(List<long> values, double share) => values.Count == 0 ? 0
        : values.Order().ElementAt(Math.Clamp((int)Math.Ceiling(share * values.Count) - 1, 0, values.Count - 1));
}
