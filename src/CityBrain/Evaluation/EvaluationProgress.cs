using System.Diagnostics;
using System.Globalization;

namespace CityBrain.Evaluation;

/// <summary>One line on a terminal's standard error that says how far a run is.</summary>
internal sealed class EvaluationProgress : IDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(200);
    private readonly Stopwatch _sinceLine = Stopwatch.StartNew();
    private readonly double _lengthS;
    private readonly string _policy;

    private EvaluationProgress(EvaluationOptions options)
    {
        _lengthS = options.Scenario.EndS - options.Scenario.BeginS;
        _policy = options.Policy;
    }

    /// <summary>Null when standard error is not a terminal.</summary>
    public static EvaluationProgress? OnTerminal(EvaluationOptions options) =>
        Console.IsErrorRedirected ? null : new EvaluationProgress(options);

    public void Report(double secondsRun, int vehicles)
    {
        if (_sinceLine.Elapsed < Every) return;
        _sinceLine.Restart();
        Console.Error.Write(string.Create(CultureInfo.InvariantCulture,
            $"\r{_policy}: {secondsRun:0} of {_lengthS:0} s, {vehicles} vehicles on the road   "));
    }

    public void Dispose() => Console.Error.Write("\r" + new string(' ', 70) + "\r");
}
