namespace CityBrain.Charts;

/// <summary>
/// Colours on white that those who do not tell red from green keep apart too (Okabe and Ito 2008, "Color universal
/// design"), and the signals' own.
/// </summary>
internal static class Palette
{
    public const string Paper = "#ffffff", Ink = "#1f2933", Faint = "#52606d", Grid = "#e4e7eb", Axis = "#9aa5b1";
    public const string GreenLight = "#009e73", YellowLight = "#e6b800", RedLight = "#c8261b";
    private static readonly string[] Series = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

    /// <summary>The colour of the n-th series.</summary>
    public static string Of(int series) => Series[series % Series.Length];
}
