namespace CityBrain.Fuzz;

/// <summary>A parser to be fuzzed.</summary>
/// <param name="Name">Short, and the folder of its corpus.</param>
/// <param name="Seeds">Good inputs.</param>
/// <param name="Words">Words of its format.</param>
/// <param name="Run">Parses the bytes. What it throws is a finding.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, IReadOnlyList<byte[]> Words, Action<byte[]> Run)
{
    /// <summary>Sets lengths and checksums right, so that a change behind them is reached; null where there are none.</summary>
    public Func<byte[], byte[]>? Mend { get; init; }

    /// <summary>As <see cref="Run"/>, where the format's own exception is an answer like any other.</summary>
    public static Action<byte[]> Allowing<TException>(Action<byte[]> run) where TException : Exception => input =>
    {
        try
        {
            run(input);
        }
        catch (TException)
        {
            // That is how it says no.
        }
    };
}
