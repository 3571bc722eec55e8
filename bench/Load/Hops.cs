using System.Globalization;

namespace CityBrain.Load;

/// <summary>
/// Where the time of each tick goes. The tick's own message is listened to beside the answer, so that the way through
/// the broker can be told from the brain: due, sent (generator), heard back (broker and wire, there and back), answered
/// (the rest: the brain, and the answer's way where it is the slower one). Times in ms after the tick was due.
/// </summary>
internal sealed class Hops(int ticks)
{
    private readonly double[] _sent = Unset(ticks), _heard = Unset(ticks), _answered = Unset(ticks);

    public double[] Answered => _answered;

    public void Sent(int tick, double ms) => _sent[tick] = ms;

    public void Heard(int tick, double ms)
    {
        if ((uint)tick < (uint)ticks) _heard[tick] = ms;
    }

    public void Answer(int tick, double ms)
    {
        if ((uint)tick < (uint)ticks) _answered[tick] = ms;
    }

    /// <summary>Each hop's own time over the ticks from `from` on.</summary>
    public (string Name, LatencySamples Ms)[] Split(int rate, int from) =>
    [
        ("generator late", Samples(rate, from, i => _sent[i])),
        ("broker and wire", Samples(rate, from, i => _heard[i] - _sent[i])),
        // The answer may overtake the tick's way back to us: then nothing of it was the brain's.
        ("brain and back", Samples(rate, from, i => Math.Max(0, _answered[i] - _heard[i]))),
    ];

    public void Print(int rate, int from)
    {
        foreach ((string name, LatencySamples ms) in Split(rate, from))
            if (ms.Count > 0)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                    $"  {name,-26}{ms.At(0.5),9:0.00}{ms.At(0.99),9:0.00}{ms.At(0.999),9:0.00}{ms.At(1),9:0.00}"));
    }

    private LatencySamples Samples(int rate, int from, Func<int, double> hop) =>
        new(rate, [.. Enumerable.Range(from, ticks - from).Select(hop)]);

    private static double[] Unset(int n)
    {
        var values = new double[n];
        Array.Fill(values, double.NaN);
        return values;
    }
}
