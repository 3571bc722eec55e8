using CityBrain.Model.HiRes;

namespace CityBrain.Micro;

/// <summary>
/// A made-up log with the mix of events of a real one: two thirds detectors, a sixth calls.
/// </summary>
internal static class MeasuresLog
{
    public const int Devices = 16;

    private const long Day = 1_713_139_200_000;
    private const int CycleMs = 75_000;
    private static readonly ushort[] Phases = [2, 4, 6, 8];

    /// <summary>Events in order: so many hours of signals at 75 s cycles.</summary>
    public static HiResEvent[] Make(int hours)
    {
        var events = new List<HiResEvent>(hours * Devices * 18_000);
        ulong state = 1136;
        for (int device = 0; device < Devices; device++)
        {
            for (long start = Day; start < Day + (hours * 3_600_000L); start += CycleMs)
            {
                Cycle(events, device, start, ref state);
            }
        }

        events.Sort();
        return [.. events.Distinct()];
    }

    public static DetectorTable Detectors() => new(Enumerable.Range(0, Devices).SelectMany(device =>
        Phases.SelectMany(phase => (DetectorAssignment[])
        [
            new(device, phase, (ushort)(phase * 4), DetectorFunction.Presence),
            new(device, phase, (ushort)((phase * 4) + 1), DetectorFunction.Presence),
            new(device, phase, (ushort)((phase * 4) + 2), DetectorFunction.Advance),
            new(device, phase, (ushort)((phase * 4) + 3), DetectorFunction.YellowRed),
        ])));

    private static void Cycle(List<HiResEvent> events, int device, long start, ref ulong state)
    {
        void Add(long timeMs, int id, int parameter) =>
            events.Add(new HiResEvent(timeMs, device, (ushort)id, (ushort)parameter));
        Add(start, 150, 7);
        Add(start, 316, 75);
        Add(start, 318, Next(ref state, 75));
        for (int i = 0; i < Phases.Length; i++)
        {
            ushort phase = Phases[i];
            long green = start + (i * 18_000L);
            long yellow = green + 9000 + (Next(ref state, 50) * 100);
            Add(green, 0, phase);
            Add(green, 1, phase);
            Add(yellow, 4 + Next(ref state, 3), phase);
            Add(yellow, 7, phase);
            Add(yellow, 8, phase);
            Add(yellow + 3500, 9, phase);
            Add(yellow + 3500, 10, phase);
            Add(yellow + 4500, 11, phase);
            Add(yellow + 4500, 12, phase);
            Add(yellow + 4500, 300 + i, (int)((yellow - green) / 1000));
            for (int v = 0; v < 26; v++)
            {
                long on = start + (Next(ref state, CycleMs / 100) * 100L);
                int detector = (phase * 4) + Next(ref state, 4);
                Add(on, 82, detector);
                Add(on + 300 + (Next(ref state, 40) * 100), 81, detector);
                if (v % 4 == 0)
                {
                    Add(on, 43, phase);
                    Add(on + 2000, 44, phase);
                }
            }

            if (Next(ref state, 10) == 0)
            {
                Add(green - 5000, 90, phase);
                Add(green, 21, phase);
                Add(green + 7000, 22, phase);
                Add(green + 9000, 23, phase);
            }
        }

        if (Next(ref state, 4) == 0)
        {
            Add(start + 100, 400, Next(ref state, 5));
            Add(start + 100, 502, Next(ref state, 9));
            Add(start + 100, 503, 30 + Next(ref state, 5));
        }
    }

    /// <summary>SplitMix64.</summary>
    private static int Next(ref ulong state, int below)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return (int)((z ^ (z >> 31)) % (ulong)below);
    }
}
