using System.Globalization;
using CityBrain.Controllers;
using CityBrain.Ingest.Feeds;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Storm;

/// <summary>
/// The whole system in one thread: street, sensors, cabinets, broker, brain, disk and the bytes between them, on one
/// queue of things to happen. The product's own parts wherever there are such; clock, network and disk are simulated.
/// After everything that happens, what must never happen is looked for.
/// </summary>
internal sealed partial class StormWorld
{
    /// <summary>The calm after the storm, in which all must recover and stay so for the last of it.</summary>
    public const int CalmMs = 90_000, SteadyMs = 20_000;
    private const long WallStartMs = 1_760_000_000_000;

    private readonly PriorityQueue<Action, (long AtMs, long Order)> _queue = new();
    private readonly List<StormLink> _links = [];
    private readonly Dictionary<(int Intersection, uint Sequence), long> _issued = [];
    private readonly List<byte[]>[] _overheard;
    private readonly byte[]?[] _newest;
    private readonly byte[][] _commandTopics;
    private readonly StormCourier _courier;
    private SeededRandom _random;
    private Digest _digest;
    private long _order, _commandedSinceMs = -1;

    private StormWorld(StormScript script)
    {
        Script = script;
        _random = SeededRandom.For(script.Seed, 2);
        City = StormCity.Build(script.Seed, script.Junctions);
        Keys = CommandKeys.FromSeed(City, script.Seed);
        Disk = new StormDisk(script.Seed);
        Broker = new StormBroker(this);
        Street = new SimulatedCity(City, new SimulationOptions
        {
            Seed = script.Seed, StartMs = WallStartMs, ControllersElsewhere = true, Capacity = 1024, PeoplePerHour = 120,
        });
        _commandTopics = [.. City.Intersections.Select(i =>
            System.Text.Encoding.UTF8.GetBytes(new FeedTopics(City.Districts[i.District].Id).Command(i.Id)))];
        _newest = new byte[City.Intersections.Length][];
        _overheard = [.. City.Intersections.Select(_ => new List<byte[]>())];
        Brain = new StormBrain(this);
        Sensors = new StormSensors(this);
        Cabinets = [.. City.Intersections.Select(i => new StormCabinet(this, i))];
        _courier = new StormCourier(this);
    }

    public StormScript Script { get; }
    public City City { get; }
    public CommandKeys Keys { get; }
    public StormDisk Disk { get; }
    public SimulatedCity Street { get; }
    public StormBroker? Broker { get; private set; }
    public StormBrain Brain { get; }
    public StormSensors Sensors { get; }
    public StormCabinet[] Cabinets { get; }
    public StormHistory History { get; } = new();
    public StormFigures Figures { get; } = new();
    /// <summary>True time since the beginning, milliseconds.</summary>
    public long NowMs { get; private set; }
    /// <summary>What a wall clock shows that is right.</summary>
    public long WallMs => WallStartMs + NowMs;
    public long EndMs => Script.StormMs + CalmMs;

    /// <summary>Lives through a storm.</summary>
    public static StormResult Run(StormScript script)
    {
        var world = new StormWorld(script);
        try
        {
            world.Live();
            return world.Result(null, null);
        }
        catch (StormViolation e)
        {
            return world.Result(e.Rule, e.Message);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return world.Result("exception", e.ToString());
        }
    }

    /// <summary>A client of the broker.</summary>
    public StormLink Link(string name, MqttClientOptions options)
    {
        var link = new StormLink(this, name, _links.Count, options);
        _links.Add(link);
        return link;
    }

    public void At(long ms, Action happens) => _queue.Enqueue(happens, (Math.Max(ms, NowMs), _order++));

    public void After(int ms, Action happens) => At(NowMs + ms, happens);

    /// <summary>A connection that only the broker still believes in is cut by its keep-alive, some time.</summary>
    public void Orphan(Mqtt.Broker.BrokerPeer peer) => After(5_000, () => Broker?.Leave(peer));

    /// <summary>The brain publishes: its commands are noted, for the cabinets' judges and for whoever listens in.</summary>
    public void NoteCommand(ReadOnlySpan<byte> topic, ReadOnlySpan<byte> payload)
    {
        Span<Aspect> aspects = stackalloc Aspect[256];
        for (int i = 0; i < _commandTopics.Length; i++)
        {
            if (!topic.SequenceEqual(_commandTopics[i])) continue;
            if (!CommandFeed.TryRead(payload, i, aspects, out ReceivedCommand command, out _)) continue;
            _issued[(i, command.Sequence)] = command.TimeMs;
            _newest[i] = payload.ToArray();
            if (_overheard[i].Count < 200) _overheard[i].Add(_newest[i]!);
            Figures.Commands++;
            _digest.Add(command.TimeMs);
            _digest.Add(payload);
        }
    }

    /// <summary>True when the brain gave this command; when it did last.</summary>
    public bool Issued(int intersection, uint sequence, out long timeMs) =>
        _issued.TryGetValue((intersection, sequence), out timeMs);

    private StormResult Result(string? rule, string? text)
    {
        _digest.Add(NowMs);
        _digest.Add(_order);
        foreach (StormCabinet c in Cabinets)
        {
            c.AddTo(ref _digest);
            c.AddRefusals();
            for (int r = 0; r < c.Refused.Length; r++) Figures.Refused[r] += c.Refused[r];
        }
        Figures.Acknowledged = History.Promises;
        Figures.BrainStarts = Brain.Starts;
        Figures.Connects = _links.Sum(l => l.Connects);
        Figures.Events = _order;
        return new StormResult(Script, _digest.Value, Figures, rule, text, NowMs);
    }

    private void Live()
    {
        foreach (StormCabinet c in Cabinets) c.Start(switchedOn: false);
        Sensors.Start();
        Brain.Start();
        _courier.Start();
        At(0, StreetStep);
        foreach (StormFault fault in Script.Faults) At(fault.AtMs, () => Begin(fault));
        At(Script.StormMs, CalmDown);
        while (_queue.TryDequeue(out Action? happens, out var when) && when.AtMs <= EndMs)
        {
            NowMs = when.AtMs;
            try
            {
                happens();
            }
            catch (StormCrash)
            {
                Brain.Kill();
                After(2_000, Brain.Start);
            }
            foreach (StormLink link in _links) link.Pump();
            if (_order % 64 == 0) CheckMemory();
        }
        CheckEnd();
    }

    private void StreetStep()
    {
        After(1000, StreetStep);
        foreach (StormCabinet c in Cabinets) Street.SetHeads(c.At.Index, c.Heads);
        Street.Step();
        Broker?.Router.Sweep(NowMs);
        CheckCommanded();
    }

    private void CheckCommanded()
    {
        bool all = Array.TrueForAll(Cabinets, c => c.Remote && Brain.Commands(c.At.Index));
        if (!all) _commandedSinceMs = -1;
        else if (_commandedSinceMs < 0) _commandedSinceMs = NowMs;
    }

    private void CheckMemory()
    {
        foreach (StormLink link in _links)
        {
            long bytes = link.BufferedBytes + link.InFlightBytes;
            Figures.MostBytes = Math.Max(Figures.MostBytes, bytes);
            if (bytes > 4 << 20) throw new StormViolation("memory", $"{link.Name} holds {bytes} bytes");
            if (link.Unacknowledged > 1024) throw new StormViolation("memory", $"{link.Name} has {link.Unacknowledged} unacknowledged");
        }
        if (Sensors.PressesWaiting > PressesMost) throw new StormViolation("memory", $"{Sensors.PressesWaiting} presses wait");
        if (Broker is not null && Broker.Router.Counts.Sessions > _links.Count + 4)
            throw new StormViolation("memory", $"{Broker.Router.Counts.Sessions} sessions");
    }

    private int PressesMost => PressBook.MostOfAButton * City.Detectors.Length;

    private void CheckEnd()
    {
        Figures.RecoveryMs = _commandedSinceMs < 0 ? -1 : Math.Max(0, _commandedSinceMs - Script.StormMs);
        if (_commandedSinceMs < 0 || _commandedSinceMs > EndMs - SteadyMs)
            throw new StormViolation("recovery", WhyNot());
        if (Broker!.ProtocolErrors > 0) throw new StormViolation("protocol", $"{Broker.ProtocolErrors} packets broke MQTT's rules");
        _courier.CheckAll();
        ulong digest = Brain.Stop();
        _digest.Add(digest);
        History.CheckJournal(Disk);
        StormHistory.CheckReplay(Disk, City, new Brain.BrainOptions { Policy = Script.Policy }, digest);
    }

    private string WhyNot()
    {
        string cabinets = string.Join(", ", Cabinets.Select(c =>
            $"{c.At.Id} {c.Controller?.Mode} refused {c.Controller?.LastRefusal} brain {Brain.Brain?.Gate.Mode(c.At.Index)} "
            + $"{Brain.Brain?.Gate.ReleasedFor(c.At.Index)} link {c.Link.Connected}"));
        return string.Create(CultureInfo.InvariantCulture, $"not all commanded {CalmMs / 1000 - SteadyMs / 1000} s after the storm: ")
            + $"brain alive {Brain.Alive} link {Brain.Link.Connected} journal failed {Brain.JournalFailed}; {cabinets}";
    }
}
