using CityBrain.Engine.Windows;
using CityBrain.Model;
using CityBrain.Testing;

namespace CityBrain.Engine.Tests;

/// <summary>
/// The packed cells of the loops against the same rules written plainly: whole keys, a set of what has come, a dictionary
/// of windows. Streams are drawn with late, early, doubled, impossible and missing readings, and with clocks that jump.
/// </summary>
public class LoopReferenceTests
{
    private const int Lateness = 10_000, Ahead = 30_000;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 60).Select(i => (ulong)i)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Cells_do_what_the_plain_rules_say(ulong seed)
    {
        var random = new SeededRandom(seed);
        City city = CrossingCity.Build(2, cameras: false);
        var engine = new TrafficEngine(city, new EngineOptions { RowCapacity = 1 << 16, FineWindows = seed % 2 == 0 });
        int[] loops = [.. city.Detectors.Where(d => d.Kind == DetectorKind.Loop).Select(d => d.Index)];
        Dictionary<int, Plain> plain = loops.ToDictionary(l => l, _ => new Plain());
        var counts = new Dictionary<Fate, long>();
        var batch = new List<CityEvent>();
        long now = 40_000 + random.Next(200_000);
        engine.Tick(now);
        foreach (Plain p in plain.Values) p.SetClock(now);
        for (int step = 0; step < 600; step++)
        {
            batch.Clear();
            foreach (int loop in loops)
                if (random.Next(8) != 0) batch.Add(Draw(random, loop, now, step));
            foreach (CityEvent e in batch)
            {
                Fate fate = plain[e.Index].Accept(e);
                counts[fate] = counts.GetValueOrDefault(fate) + 1;
            }
            Give(engine, batch, random.Next(3));
            now += random.Next(150) == 0 ? random.Next(400_000) : 900 + random.Next(200);
            engine.Tick(now);
            foreach (Plain p in plain.Values) p.SetClock(now);
        }
        Compare(engine, plain, counts, loops, now);
    }

    private static CityEvent Draw(SeededRandom random, int loop, long now, int step)
    {
        long time = now + random.Next(12) switch
        {
            0 => -random.Next(12_000),
            1 => -random.Next(80_000),
            2 => random.Next(35_000),
            3 => -1000 * random.Next(3),
            _ => 0,
        };
        float speed = random.Next(6) == 0 ? float.NaN : random.Next(40) == 0 ? 101 : random.Next(30);
        // Every third loop numbers its readings, now and then out of order, doubled, or anew from 1.
        uint sequence = loop % 3 == 0 ? (uint)Math.Max(1, step % 250 * 20 - random.Next(3)) : 0;
        return new CityEvent(Math.Max(0, time), loop, EventKind.Loop, 0, 0, random.Next(30) == 0 ? -1 : random.Next(4),
            random.Next(30) == 0 ? 1.5f : random.Next(64) / 64f, speed, sequence);
    }

    private static void Give(TrafficEngine engine, List<CityEvent> batch, int how)
    {
        if (how == 0)
            foreach (CityEvent e in batch) engine.Accept(e, default);
        else if (how == 1 || batch.Exists(e => e.Sequence != 0)) engine.AcceptLoops(batch.ToArray());
        else engine.Accept([.. batch.Select(e => new LoopReading(e.TimeMs, e.Index, e.A, e.B, e.C))]);
    }

    private static void Compare(TrafficEngine engine, Dictionary<int, Plain> plain, Dictionary<Fate, long> counts,
        int[] loops, long now)
    {
        EngineCounters c = engine.Counters;
        Assert.Equal(
            (counts.GetValueOrDefault(Fate.Accepted) + counts.GetValueOrDefault(Fate.OutOfOrder),
                counts.GetValueOrDefault(Fate.OutOfOrder), counts.GetValueOrDefault(Fate.TooLate),
                counts.GetValueOrDefault(Fate.Duplicate), counts.GetValueOrDefault(Fate.Impossible)),
            (c.Accepted, c.OutOfOrder, c.TooLate, c.Duplicate, c.Impossible));
        Assert.True(c.OutOfOrder > 0 && c.TooLate > 0 && c.Duplicate > 0 && c.Impossible > 0);
        // Two more minutes: everything open closes, in a city this small at once.
        foreach (long later in (long[])[60_000, 75_000, 150_000])
        {
            engine.Tick(now + later);
            foreach (Plain p in plain.Values) p.SetClock(now + later);
        }
        var rows = new WindowRow[1 << 16];
        ILookup<int, WindowRow> minutes = rows[..engine.Rows.Fetch(rows)]
            .Where(r => r.Length == WindowLength.Seconds60).ToLookup(r => r.Detector);
        foreach (int loop in loops)
            Assert.Equal(plain[loop].Rows(loop, now + 150_000), minutes[loop]);
    }

    /// <summary>One loop by the rules as docs say them.</summary>
    private sealed class Plain
    {
        private readonly HashSet<long> _seen = [];
        private readonly SortedDictionary<long, (int Readings, float Count, float Occupancy, float Moving)> _windows = [];
        private long _now, _newest = long.MinValue;
        private float _smoothCount, _smoothMoving;

        private long Minute => _now / 60_000;
        private bool PreviousClosed => _now % 60_000 >= Lateness;

        public void SetClock(long now) => _now = now;

        public Fate Accept(in CityEvent e)
        {
            bool possible = e.A is >= 0 and <= 100 && e.B is >= 0 and <= 1
                && (float.IsNaN(e.C) || e.C is >= 0 and <= 100);
            long minute = e.TimeMs / 60_000;
            if (!possible || e.TimeMs > _now + Ahead) return Fate.Impossible;
            if (minute < (PreviousClosed ? Minute : Minute - 1)) return Fate.TooLate;
            if (minute > (PreviousClosed ? Minute + 1 : Minute)) return Fate.Impossible;
            Fate fate = Order(e.Sequence != 0 ? e.Sequence : e.TimeMs / 256, e.Sequence != 0);
            if (fate is Fate.Accepted or Fate.OutOfOrder) Add(minute, e);
            return fate;
        }

        private Fate Order(long key, bool numbered)
        {
            if (_newest == long.MinValue || key > _newest || (numbered && key < _newest - 1_000))
            {
                if (numbered && key < _newest) _seen.Clear();
                _newest = key;
                _seen.Add(key);
                return Fate.Accepted;
            }
            if (key <= _newest - 40) return Fate.TooLate;
            return _seen.Add(key) ? Fate.OutOfOrder : Fate.Duplicate;
        }

        private void Add(long minute, in CityEvent e)
        {
            float speed = float.IsNaN(e.C) ? (_smoothCount > 0 ? _smoothMoving / _smoothCount : 0) : e.C;
            float moving = e.A == 0 ? 0 : e.A * speed;
            var w = _windows.GetValueOrDefault(minute);
            _windows[minute] = (w.Readings + 1, w.Count + e.A, w.Occupancy + e.B, w.Moving + moving);
            _smoothCount = _smoothCount * (31f / 32) + e.A;
            _smoothMoving = _smoothMoving * (31f / 32) + moving;
        }

        public IEnumerable<WindowRow> Rows(int loop, long now) =>
            _windows.Where(w => w.Key < now / 60_000 - 1).Select(w => new WindowRow(w.Key * 60_000, loop,
                WindowLength.Seconds60, w.Value.Readings, w.Value.Count, w.Value.Occupancy / w.Value.Readings,
                w.Value.Count > 0 ? w.Value.Moving / w.Value.Count : float.NaN));
    }
}
