using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CityBrain.Engine.Loops;

/// <summary>Everything that a reading of one loop touches: one cache line.</summary>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct LoopCell
{
    public const int Bytes = 64;
    /// <summary>Epoch of a cell that is no loop; no reading fits it.</summary>
    public const uint NoLoop = uint.MaxValue;

    /// <summary>Two open windows of 60 s, by the parity of their minute; see <see cref="Windows.WindowSums"/>.</summary>
    [FieldOffset(0)] public Vector128<float> Even;
    [FieldOffset(16)] public Vector128<float> Odd;
    /// <summary>Exponential mean of what readings add.</summary>
    [FieldOffset(32)] public Vector128<float> Smooth;
    /// <summary>Which of the 64 readings up to Newest have come: bit k is Newest - k.</summary>
    [FieldOffset(48)] public ulong Seen;
    /// <summary>Key of the newest reading: its sequence, or its time in steps of 256 ms.</summary>
    [FieldOffset(56)] public uint Newest;
    /// <summary>Twice the present minute, plus 1 once the minute before is closed.</summary>
    [FieldOffset(60)] public uint Epoch;
}
