using CityBrain.Model;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// How much is held back at the edge of an area, from 0 to <see cref="Most"/>: a proportional-integral
/// regulator of the area's fill, as for gating by the network's fundamental diagram (Keyvan-Ekbatani et al.
/// 2012). At or below the critical fill it holds back nothing that it did not before. The integral never
/// takes more than the proportional part leaves, so that it does not wind up while the area is far too full; below
/// the critical fill it lets go the faster, the emptier the area is.
/// </summary>
public struct PerimeterRegulator
{
    /// <summary>
    /// Share of the storage inside above which vehicles are held back. On made grids the flow over all stop
    /// lines grew no further from here on, and fell from twice as much on.
    /// </summary>
    public const float CriticalFill = 0.14f;
    /// <summary>
    /// Held back entirely: those who wait at an entry weigh nothing but their further wait.
    /// </summary>
    public const float Most = 1f;
    private const float Gain = 5f;
    private const float GainPerS = 0.05f;

    private float _integral;

    /// <summary>Share of their weight that vehicles at the entries lose.</summary>
    public float Held { get; private set; }

    /// <summary>Goes on by some seconds at a fill.</summary>
    public void Step(float fill, float seconds)
    {
        float over = fill - CriticalFill, now = Gain * over;
        _integral = Math.Clamp(_integral + GainPerS * over * seconds, 0f, Math.Clamp(Most - now, 0f, Most));
        Held = Math.Clamp(now + _integral, 0f, Most);
    }

    /// <summary>Lets everybody in: the fill is not known.</summary>
    public void Release() => this = default;

    public readonly void AddTo(ref Digest digest)
    {
        digest.Add(_integral);
        digest.Add(Held);
    }
}
