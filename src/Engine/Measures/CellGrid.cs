using System.Numerics;
using System.Runtime.CompilerServices;

namespace CityBrain.Engine.Measures;

/// <summary>
/// State per device and number (phase, detector, ...): arrays that grow to the largest number seen, at most
/// 65,536 cells a device, so that a lookup is two indexed loads.
/// </summary>
internal sealed class CellGrid<T>
{
    private T[]?[] _devices = new T[]?[16];

    /// <summary>Length of a device's array so far.</summary>
    public int Numbers(int device) => device < _devices.Length ? _devices[device]?.Length ?? 0 : 0;

    /// <summary>Length of the array of devices so far.</summary>
    public int Devices => _devices.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref T At(int device, int number)
    {
        T[]?[] devices = _devices;
        if ((uint)device < (uint)devices.Length)
        {
            T[]? row = devices[device];
            if (row is not null && (uint)number < (uint)row.Length)
            {
                return ref row[number];
            }
        }

        return ref Grow(device, number);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ref T Grow(int device, int number)
    {
        if (device >= _devices.Length)
        {
            Array.Resize(ref _devices, (int)BitOperations.RoundUpToPowerOf2((uint)device + 1));
        }

        ref T[]? row = ref _devices[device];
        int length = Math.Max(16, (int)BitOperations.RoundUpToPowerOf2((uint)number + 1));
        Array.Resize(ref row, length);
        return ref row[number];
    }
}
