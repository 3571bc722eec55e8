using System.Runtime.Intrinsics;
using CityBrain.Model;

namespace CityBrain.Engine.Loops;

/// <summary>
/// Where a reading's fields lie in memory, as eight words from its begin; so one pass serves readings and events.
/// </summary>
internal interface IReadingLayout
{
    /// <summary>Bytes from one reading to the next.</summary>
    static abstract int Stride { get; }
    /// <summary>Readings at the end of a run after which eight words would reach beyond it.</summary>
    static abstract int Short { get; }
    /// <summary>Word of the vehicle count; occupancy and speed follow it.</summary>
    static abstract int Count { get; }
    /// <summary>What is taken from the words before they are compared: the kind of event, beside the time.</summary>
    static abstract uint Kind { get; }

    /// <summary>The greatest words that the fast way takes, given those of detector and values.</summary>
    static abstract Vector256<uint> Most(uint milliseconds, uint detector, uint count, uint occupancy, uint speed);
}

/// <summary><see cref="LoopReading"/>: time, time, detector, count, occupancy, speed, and 8 bytes of the next.</summary>
internal readonly struct ReadingLayout : IReadingLayout
{
    public static int Stride => LoopReading.Size;
    public static int Short => 1;
    public static int Count => 3;
    public static uint Kind => 0;

    public static Vector256<uint> Most(uint milliseconds, uint detector, uint count, uint occupancy, uint speed) =>
        Vector256.Create(milliseconds, 0, detector, count, occupancy, speed, uint.MaxValue, uint.MaxValue);
}

/// <summary><see cref="CityEvent"/>: time, time, index, kind, count, occupancy, speed, sequence (0: none).</summary>
internal readonly struct EventLayout : IReadingLayout
{
    public static int Stride => CityEvent.Size;
    public static int Short => 0;
    public static int Count => 4;
    public static uint Kind => (uint)EventKind.Loop;

    public static Vector256<uint> Most(uint milliseconds, uint detector, uint count, uint occupancy, uint speed) =>
        Vector256.Create(milliseconds, 0, detector, 0, count, occupancy, speed, 0);
}
