using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;

namespace CityBrain.Fuzz;

/// <summary>
/// Fuzzes one parser: an input that enters new code is kept and mutated further. An escaped exception, an input that
/// takes long or one that takes much memory is a finding: made short and written to a folder.
/// </summary>
internal sealed class FuzzRun(FuzzTarget target, int blocks, ulong seed, string findings)
{
    private const int SlowMs = 2_000, MuchBytes = 512 << 20, MostShorter = 2_000;

    private const string Slow = "slow", Large = "much memory";

    private readonly Coverage _coverage = new(blocks);
    private readonly Mutator _mutator = new(seed, target.Words);
    private readonly List<byte[]> _kept = [];
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private int _seedBlocks;

    public string Name => target.Name;
    public long Executions { get; private set; }
    public int Blocks => _coverage.Blocks;
    public int SeedBlocks => _seedBlocks;
    public int Kept => _kept.Count;
    public int Findings => _known.Count;

    /// <summary>Every seed once.</summary>
    public void Begin()
    {
        foreach (byte[] input in target.Seeds.Append([])) Try(input, keepAlways: true);
        _seedBlocks = _coverage.Blocks;
    }

    /// <summary>So many mutated inputs, or until the clock has passed.</summary>
    public void Go(long inputs, long untilTimestamp)
    {
        for (long n = 0; n < inputs && (n % 16 != 0 || Stopwatch.GetTimestamp() < untilTimestamp); n++)
        {
            // What was found last leads on more often than what was there at the beginning.
            int at = _mutator.Next(2) == 0 ? _mutator.Next(_kept.Count) : _kept.Count - 1 - _mutator.Next(Math.Min(_kept.Count, 32));
            byte[] made = _mutator.Make(_kept[at], _kept[_mutator.Next(_kept.Count)]);
            if (target.Mend is not null && _mutator.Next(8) > 0) made = target.Mend(made);
            Try(made, keepAlways: false);
        }
    }

    private void Try(byte[] input, bool keepAlways)
    {
        Executions++;
        Coverage.Begin(blocks);
        string? wrong = Judge(input);
        bool anew = _coverage.Merge();
        // The first time code is compiled too.
        for (int again = 0; again < 2 && wrong == Slow; again++) wrong = Judge(input);
        if (wrong is not null) Found(input, wrong);
        else if (anew || keepAlways) _kept.Add(input);
    }

    /// <summary>What is wrong, in words that are the same for the same fault; null when it was parsed or refused.</summary>
    private string? Judge(byte[] input)
    {
        // Time on a core: on a busy machine the clock says little.
        TimeSpan began = Environment.CpuUsage.TotalTime;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
        }
        catch (Exception e)
        {
            StackFrame? frame = new StackTrace(e).GetFrames()
                .FirstOrDefault(f => f.GetMethod()?.DeclaringType?.FullName?.StartsWith("CityBrain.", StringComparison.Ordinal) == true);
            return $"{e.GetType().Name} in {frame?.GetMethod()?.DeclaringType?.Name}.{frame?.GetMethod()?.Name}";
        }
        if ((Environment.CpuUsage.TotalTime - began).TotalMilliseconds > SlowMs) return Slow;
        return GC.GetAllocatedBytesForCurrentThread() - allocated > MuchBytes ? Large : null;
    }

    private void Found(byte[] input, string wrong)
    {
        if (!_known.Add(wrong)) return;
        byte[] shorter = wrong is Slow or Large ? input : Shorten(input, wrong);
        Directory.CreateDirectory(findings);
        string file = Path.Combine(findings, string.Create(CultureInfo.InvariantCulture,
            $"{target.Name}-{Convert.ToHexString(SHA256.HashData(shorter))[..12].ToLowerInvariant()}"));
        File.WriteAllBytes(file, shorter);
        Console.Out.WriteLine($"FOUND {target.Name}: {wrong}; {shorter.Length} bytes in {file}");
    }

    /// <summary>Leaves out pieces, large ones first, as long as the fault stays the same.</summary>
    private byte[] Shorten(byte[] input, string wrong)
    {
        int tries = 0;
        for (int piece = Math.Max(1, input.Length / 2); piece >= 1; piece /= 2)
            for (int at = 0; at < input.Length && tries < MostShorter; tries++)
            {
                byte[] without = [.. input.AsSpan(0, at), .. input.AsSpan(Math.Min(input.Length, at + piece))];
                if (without.Length < input.Length && Judge(without) == wrong) input = without;
                else at += piece;
            }
        return input;
    }
}
