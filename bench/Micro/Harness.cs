using System.Globalization;
using System.Text.Json;

namespace CityBrain.Micro;

/// <summary>What one contender did in one round: items handled, and a number that depends on all of them.</summary>
internal readonly record struct Done(long Items, double Checksum);

/// <summary>One way to do the work. The first one of a comparison is what the others are measured against.</summary>
/// <param name="Name">As it is printed behind the comparison's name; empty for the product itself.</param>
/// <param name="Run">Does one round; called alternately with the others' rounds.</param>
/// <param name="Checked">Its checksum must be that of the other checked ones.</param>
/// <param name="NoAllocation">It must not allocate a byte.</param>
internal sealed record Contender(string Name, Func<int, Done> Run, bool Checked = true, bool NoAllocation = false);

/// <summary>One line of the result.</summary>
internal sealed record Figure(
    string Name, double Ratio, string Against, double NsPerItem, double BytesPerItem, long Items, double Limit)
{
    public string Json => JsonSerializer.Serialize(new
    {
        name = Name, ratio = Math.Round(Ratio, 4), against = Against,
        nsPerItem = double.IsNaN(NsPerItem) ? (double?)null : Math.Round(NsPerItem, 2),
        bytesPerItem = Math.Round(BytesPerItem, 3), items = Items, limit = double.IsNaN(Limit) ? (double?)null : Limit,
    });

    public string Text => string.Format(CultureInfo.InvariantCulture,
        "{0,-40} {1,9:0.00##} x {2,-18} {3,12} {4,7:0.##} B {5}", Name, Ratio, Against,
        double.IsNaN(NsPerItem) ? "" : NsPerItem.ToString("#,0.0 ns", CultureInfo.InvariantCulture), BytesPerItem,
        double.IsNaN(Limit) ? "" : Ratio <= Limit ? $"gate {Limit:0.#}" : $"OVER gate {Limit:0.#}");
}

/// <summary>
/// Compares ways to do the same work in one process: rounds interleaved A B C A B C, CPU time of the whole process (not
/// wall time), the median of the per-round ratios, and in the same run the number of items, a checksum and the bytes
/// allocated. So a busy neighbour slows all contenders alike and the ratio stays.
/// </summary>
/// <param name="report">Takes each figure.</param>
/// <param name="only">Runs only comparisons whose name begins so; null for all.</param>
internal sealed class Harness(Action<Figure> report, string? only = null)
{
    public bool Wants(string name) => only is null || name.StartsWith(only, StringComparison.Ordinal);

    public List<string> Failures { get; } = [];

    /// <summary>A figure that was made elsewhere.</summary>
    public void Report(Figure figure) => report(figure);

    /// <param name="name">Prefix of the figures.</param>
    /// <param name="rounds">Measured rounds, after the warm-up.</param>
    /// <param name="contenders">The first is the measure.</param>
    /// <param name="limits">Generous gates on the ratio, by contender; none where there is no entry.</param>
    /// <param name="prepare">Called before each round of all contenders, outside the measurement.</param>
    /// <param name="warmUp">Rounds that are not measured.</param>
    public void Compare(string name, int rounds, Contender[] contenders, Dictionary<string, double>? limits = null,
        Action<int>? prepare = null, int warmUp = 4)
    {
        var ns = new double[contenders.Length][];
        var bytes = new double[contenders.Length][];
        for (int c = 0; c < contenders.Length; c++) (ns[c], bytes[c]) = (new double[rounds], new double[rounds]);
        var last = new Done[contenders.Length];
        for (int round = -warmUp; round < rounds; round++)
        {
            prepare?.Invoke(round + warmUp);
            for (int c = 0; c < contenders.Length; c++)
            {
                long bytesBefore = GC.GetTotalAllocatedBytes(true), before = CpuClock.NowNs();
                last[c] = contenders[c].Run(round + warmUp);
                double cpu = CpuClock.NowNs() - before;
                if (round < 0) continue;
                ns[c][round] = cpu / last[c].Items;
                bytes[c][round] = (GC.GetTotalAllocatedBytes(true) - bytesBefore) / (double)last[c].Items;
            }
            Check(name, contenders, last);
            // Lets the runtime put its optimised code in place before the measured rounds.
            if (round < 0) Thread.Sleep(120);
        }
        for (int c = 0; c < contenders.Length; c++)
        {
            double[] ratios = [.. Enumerable.Range(0, rounds).Select(r => ns[c][r] / ns[0][r])];
            double limit = limits is not null && limits.TryGetValue(contenders[c].Name, out double l) ? l : double.NaN;
            string full = contenders[c].Name.Length > 0 ? $"{name}/{contenders[c].Name}" : name;
            var figure = new Figure(full, Median(ratios), contenders[0].Name, Median(ns[c]),
                Median(bytes[c]), last[c].Items, limit);
            report(figure);
            if (contenders[c].NoAllocation && figure.BytesPerItem > 0)
                Failures.Add($"{figure.Name} allocated {figure.BytesPerItem:0.###} bytes an item");
            if (figure.Ratio > limit) Failures.Add($"{figure.Name} is {figure.Ratio:0.00} x {figure.Against}");
        }
    }

    private void Check(string name, Contender[] contenders, Done[] done)
    {
        Done? expected = null;
        for (int c = 0; c < contenders.Length; c++)
        {
            if (done[c].Items <= 0) Failures.Add($"{name}/{contenders[c].Name} did nothing");
            if (!contenders[c].Checked) continue;
            expected ??= done[c];
            if (Math.Abs(done[c].Checksum - expected.Value.Checksum) > 1e-6 * Math.Abs(expected.Value.Checksum))
                Failures.Add($"{name}/{contenders[c].Name}: checksum {done[c].Checksum} is not {expected.Value.Checksum}");
        }
    }

    private static double Median(double[] values)
    {
        double[] sorted = [.. values.Order()];
        int n = sorted.Length;
        return n % 2 == 1 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
    }
}
