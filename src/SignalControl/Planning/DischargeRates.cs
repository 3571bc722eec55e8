using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace CityBrain.SignalControl.Planning;

/// <summary>
/// What every row may discharge in each second of a change and of the green after it: yellow use, start-up loss, lanes
/// of which only some vehicles may go. The same for every plan that makes that change, so it is worked out once.
/// </summary>
internal sealed class DischargeRates(PlannerSettings settings, int maxWidth, int maxStages, int maxChangeS)
{
    private readonly int _stride = (maxChangeS + PlanScene.Ages) * maxWidth;
    private readonly float[] _rates = new float[maxStages * maxStages * (maxChangeS + PlanScene.Ages) * maxWidth];
    private PlanScene _scene = null!;
    private JunctionModel _junction = null!;

    public void Attach(PlanScene scene, JunctionModel junction)
    {
        _scene = scene;
        _junction = junction;
    }

    /// <summary>Rates of all pairs; <see cref="Pair"/> tells where one begins.</summary>
    public ReadOnlySpan<float> All => _rates;

    /// <summary>A rate of a leg's two stages.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ref float At(in Leg leg, int at) =>
        ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_rates), leg.Rates + at);

    /// <summary>
    /// Works out a pair's rates. Tells where they begin, by second since the begin of the change between two stages (and, in it, row); the green of
    /// the second one begins at <paramref name="green"/>, and its rates of <paramref name="last"/> hold on.
    /// </summary>
    public int Pair(int from, int to, out int green, out int last)
    {
        int pair = from * _scene.Stages + to;
        green = _junction.ChangeS[pair];
        last = green + (_scene.Decays[to] ? PlanScene.Ages - 1 : settings.StartUp.Length);
        Make(_rates.AsSpan(pair * _stride, _stride), from, to, green, last);
        return pair * _stride;
    }

    private void Make(Span<float> rates, int from, int to, int green, int last)
    {
        int w = _scene.Width;
        ReadOnlySpan<float> both = _junction.Both.AsSpan((from * _scene.Stages + to) * w, w);
        ReadOnlySpan<float> leaving = _scene.Rate.AsSpan(from * w, w), coming = _scene.Rate.AsSpan(to * w, w);
        ReadOnlySpan<float> caps = _scene.Cap.AsSpan(to * PlanScene.Ages * w, PlanScene.Ages * w);
        for (int c = 0; c < w; c += 16)
        {
            Vector512<float> kept = At(both, c), lost = Vector512<float>.One - kept, rate = At(leaving, c);
            for (int k = 0; k < green; k++)
            {
                float use = k < settings.YellowUse.Length ? settings.YellowUse[k] : 0f;
                (rate * (kept + lost * Vector512.Create(use))).StoreUnsafe(ref rates[k * w + c]);
            }
            rate = At(coming, c);
            for (int age = 0; age <= last - green; age++)
            {
                Vector512<float> cap = At(caps, age * w + c);
                if (from != to && age < settings.StartUp.Length) cap += kept * (rate - cap);
                cap.StoreUnsafe(ref rates[(green + age) * w + c]);
            }
        }
    }

    private static Vector512<float> At(ReadOnlySpan<float> values, int i) => Vector512.LoadUnsafe(in values[i]);
}
