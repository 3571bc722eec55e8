using CityBrain.Engine;
using CityBrain.Engine.Health;
using CityBrain.Engine.Loops;
using CityBrain.Engine.Windows;
using CityBrain.Model;

namespace CityBrain.Micro;

/// <summary>
/// CityStream-1: every detector reports once a second, in an order reshuffled every second; per detector windows of 60 s
/// (count, mean occupancy, flow-weighted mean speed) and an exponential smoother. In the late variant 5 % of the readings
/// come up to 10 s late and count in their own window. Ours is the engine's own loop bank, with order, duplicates, range
/// checks, late readings and 5 and 15 min windows on top.
/// </summary>
internal sealed class CityStream
{
    private const long Begin = 1_700_000_040_000; // a full minute
    private readonly int _detectors;
    private readonly int _seconds;
    private readonly bool _late;
    private readonly LoopReading[] _readings;
    private readonly int[] _order;
    private SeededRandom _random = new(1);
    private long _now = Begin;

    private CityStream(int detectors, bool late)
    {
        _detectors = detectors;
        _late = late;
        _seconds = Math.Max(1, 1_500_000 / detectors);
        _readings = new LoopReading[detectors * _seconds];
        _order = [.. Enumerable.Range(0, detectors)];
    }

    public static void Run(Harness harness, int detectors, bool late, int rounds, bool peers)
    {
        string size = detectors >= 1_000_000 ? $"{detectors / 1_000_000}M" : $"{detectors / 1000}k";
        string name = $"citystream1/{(late ? "late" : "in-order")}/{size}";
        if (!harness.Wants(name)) return;
        var stream = new CityStream(detectors, late);
        var bank = new Bank(stream);
        var contenders = new List<Contender>
        {
            new("floor", _ => stream.Floor(), Checked: false),
            new("", _ => bank.Run(), NoAllocation: true),
        };
        if (peers)
        {
            var dictionary = new DictionaryPeer();
            contenders.Add(new("dictionary", _ => dictionary.Run(stream._readings, stream._now), Checked: !late));
        }
        RxPeer? rx = peers && detectors <= 10_000 && !late ? new RxPeer() : null;
        if (rx is not null)
        {
            var dataflow = new DataflowPeer(detectors);
            contenders.Add(new("rx", _ => rx.Run(stream.Part, stream._now), Checked: false));
            contenders.Add(new("dataflow", _ => dataflow.Run(stream.Part, stream._now), Checked: false));
        }
        harness.Compare(name, rounds, [.. contenders],
            new() { [""] = detectors >= 1_000_000 ? 20 : late ? 9 : 7 }, _ => stream.Fill());
        bank.CheckRows(harness);
        rx?.Dispose();
    }

    /// <summary>A tenth of the seconds, for peers that are some hundred times slower; their sums are not compared.</summary>
    private ReadOnlySpan<LoopReading> Part => _readings.AsSpan(0, Math.Max(1, _seconds / 10) * _detectors);

    /// <summary>The next seconds of readings, with all detectors in a new order each second.</summary>
    private void Fill()
    {
        int at = 0;
        for (int s = 0; s < _seconds; s++, _now += 1000)
        {
            for (int i = _order.Length - 1; i > 0; i--)
            {
                int k = _random.Next(i + 1);
                (_order[i], _order[k]) = (_order[k], _order[i]);
            }
            foreach (int detector in _order)
            {
                ulong bits = _random.NextBits();
                // Late by half a second to 9.5 s, the same for all late readings of a detector: no two of its readings
                // have one time.
                long late = _late && (bits & 1023) < 51 && _now > Begin + 20_000 ? 500 + 1000 * (detector % 10) : 0;
                _readings[at++] = new LoopReading(_now - late, detector, (bits >> 20) & 3,
                    ((bits >> 24) & 1023) / 1024f, 5 + ((bits >> 36) & 1023) / 64f);
            }
        }
    }

    private long FirstSecond => _now - 1000L * _seconds;

    /// <summary>Reads every field of every reading and adds them up.</summary>
    private Done Floor()
    {
        long time = 0, detector = 0;
        float count = 0, occupancy = 0, speed = 0;
        foreach (ref readonly LoopReading r in _readings.AsSpan())
        {
            time += r.TimeMs;
            detector += r.Detector;
            count += r.Count;
            occupancy += r.Occupancy;
            speed += r.SpeedMps;
        }
        return new Done(_readings.Length, time + detector + count + occupancy + speed);
    }

    private sealed class Bank
    {
        private readonly CityStream _stream;
        private readonly LoopBank _bank;
        private readonly WindowRows _rows;
        private readonly DetectorHealth _health;
        private readonly WindowRow[] _fetched = new WindowRow[4096];
        private EngineCounters _counters;
        private long _minutes;
        private double _vehicles;

        public Bank(CityStream stream)
        {
            _stream = stream;
            var detectors = new Detector[stream._detectors];
            for (int i = 0; i < detectors.Length; i++)
                detectors[i] = new Detector(i, "", DetectorKind.Loop, 0, 0, -1, default, default);
            _rows = new WindowRows(3 * stream._detectors + 1024);
            City city = CityBuilder.Build(new CityDescription { Name = "none" });
            _bank = new LoopBank(detectors, new DetectorState[detectors.Length],
                new ClosedWindows(detectors.Length, _rows), null, 10_000);
            _health = new DetectorHealth(city, new TrafficState(city), new EngineOptions());
        }

        public Done Run()
        {
            long second = _stream.FirstSecond;
            for (int s = 0; s < _stream._seconds; s++, second += 1000)
            {
                _bank.SetClock(second, second + 30_000);
                _bank.Accept(_stream._readings.AsSpan(s * _stream._detectors, _stream._detectors), ref _counters, _health);
                Fetch();
            }
            return new Done(_stream._readings.Length, _vehicles);
        }

        /// <summary>The rows of the minutes, taken as they close.</summary>
        private void Fetch()
        {
            for (int n; (n = _rows.Fetch(_fetched)) > 0;)
                foreach (ref readonly WindowRow row in _fetched.AsSpan(0, n))
                {
                    if (row.Length != WindowLength.Seconds60) continue;
                    _minutes++;
                    _vehicles += row.Count;
                }
        }

        /// <summary>Every reading was counted, and every detector has a row for every closed minute.</summary>
        public void CheckRows(Harness harness)
        {
            if (_counters.Accepted != _counters.Received || _rows.Overwritten > 0)
                harness.Failures.Add($"citystream1: {_counters.Received - _counters.Accepted} readings not counted");
            if (_minutes % _stream._detectors != 0 || (_minutes == 0 && _stream._now > Begin + 80_000))
                harness.Failures.Add($"citystream1: {_minutes} rows for {_stream._detectors} detectors");
        }
    }
}
