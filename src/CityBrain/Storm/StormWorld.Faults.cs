using System.Globalization;
using System.Text;
using CityBrain.Model;

namespace CityBrain.Storm;

// What a fault does, and how it ends.
internal sealed partial class StormWorld
{
    private readonly List<(StormFault Fault, Action End)> _running = [];

    private void Begin(StormFault fault)
    {
        if (Effect(fault) is not { } end) return;
        _running.Add((fault, end));
        At(fault.AtMs + fault.ForMs, () => End(fault));
    }

    private void End(StormFault fault)
    {
        int at = _running.FindIndex(r => ReferenceEquals(r.Fault, fault));
        if (at < 0) return;
        Action end = _running[at].End;
        _running.RemoveAt(at);
        end();
        // The same fault may have begun again meanwhile: it is still on.
        foreach (var (other, _) in _running.ToArray())
            if (other.Kind == fault.Kind && other.Target == fault.Target) Effect(other);
    }

    private void CalmDown()
    {
        while (_running.Count > 0) End(_running[0].Fault);
        Brain.KillBeforeSends = 0;
        Disk.TearAfterWrites = 0;
        Disk.RoomBytes = null;
    }

    /// <summary>Begins a fault; what ends it, or null for one that is over at once.</summary>
    private Action? Effect(StormFault f) => f.Kind switch
    {
        FaultKind.Cut or FaultKind.Partition or FaultKind.Delay or FaultKind.SlowReader => OnLink(f, LinkOf(f.Target)),
        FaultKind.Loss or FaultKind.Duplicate or FaultKind.Reorder or FaultKind.Corrupt => OnHop(f, HopOf(f.Target)),
        FaultKind.Forge or FaultKind.Replay => Attack(f),
        FaultKind.Lie => Set(() => Sensors.Lie = true, () => Sensors.Lie = false),
        FaultKind.Stuck => Set(() => Sensors.Stuck = true, () => Sensors.Stuck = false),
        FaultKind.Silent => Set(() => Sensors.Silent = true, () => Sensors.Silent = false),
        FaultKind.Clock => SetClock(f),
        FaultKind.Kill => Kill(f),
        FaultKind.PowerCut => CutPower(f),
        FaultKind.TornWrite => Set(() => Disk.TearAfterWrites = f.Amount, () => Disk.TearAfterWrites = 0),
        FaultKind.KillBeforeSend => Set(() => Brain.KillBeforeSends = f.Amount, () => Brain.KillBeforeSends = 0),
        FaultKind.WriteFails => Set(() => Disk.WriteFails = true, () => Disk.WriteFails = false),
        FaultKind.DiskFull => Set(() => Disk.RoomBytes = f.Amount, () => Disk.RoomBytes = null),
        FaultKind.SyncFails => Set(() => Disk.SyncFails = true, () => Disk.SyncFails = false),
        FaultKind.SlowBrain => Set(() => Brain.Slow = true, () => Brain.Slow = false),
        _ => throw new InvalidOperationException($"nobody knows {f.Kind}"),
    };

    private static Action Set(Action begin, Action end)
    {
        begin();
        return end;
    }

    private Action? OnLink(StormFault f, StormLink? link)
    {
        switch (f.Kind)
        {
            case var _ when link is null: return null;
            case FaultKind.Cut:
                link.Cut();
                return null;
            case FaultKind.Partition:
                link.Stall();
                return () => link.Heal(f.ForMs);
            case FaultKind.Delay: return Set(() => link.ExtraDelayMs = f.Amount, () => link.ExtraDelayMs = 0);
            default: return Set(() => link.ReadsBytesPerS = Math.Max(1, f.Amount), () => link.ReadsBytesPerS = 0);
        }
    }

    private static Action? OnHop(StormFault f, StormHop? hop) => f.Kind switch
    {
        _ when hop is null => null,
        FaultKind.Loss => Set(() => hop.Loss = f.Amount, () => hop.Loss = 0),
        FaultKind.Duplicate => Set(() => hop.Duplicate = f.Amount, () => hop.Duplicate = 0),
        FaultKind.Reorder => Set(() => hop.ReorderMs = f.Amount, () => hop.ReorderMs = 0),
        _ => Set(() => hop.Corrupt = f.Amount, () => hop.Corrupt = 0),
    };

    private Action SetClock(StormFault f)
    {
        if (CabinetOf(f.Target) is { } cabinet) return Set(() => cabinet.ClockOffMs = f.Amount, () => cabinet.ClockOffMs = 0);
        return f.Target == "sensors" ? Set(() => Sensors.ClockOffMs = f.Amount, () => Sensors.ClockOffMs = 0)
            : Set(() => Brain.ClockOffMs = f.Amount, () => Brain.ClockOffMs = 0);
    }

    private Action? Kill(StormFault f)
    {
        if (f.Target == "brain") return Set(Brain.Kill, Brain.Start);
        if (f.Target == "sensors") return Set(Sensors.Kill, Sensors.Start);
        if (f.Target == "broker") return KillBroker();
        if (CabinetOf(f.Target) is not { Alive: true } cabinet) return null;
        cabinet.Kill();
        // A cabinet takes ten seconds to start: no intergreen of the city is longer.
        return () => After(10_000, () =>
        {
            if (!cabinet.Alive) cabinet.Start(switchedOn: true);
        });
    }

    private Action KillBroker()
    {
        Broker = null;
        _courier.BrokerDied();
        foreach (StormLink link in _links) link.BrokerDied();
        return () => Broker ??= new StormBroker(this);
    }

    private Action CutPower(StormFault f)
    {
        _ = f;
        Brain.Kill();
        Disk.CutPower();
        return Brain.Start;
    }

    /// <summary>Somebody in the network, who has everything but the key.</summary>
    private Action Attack(StormFault f)
    {
        int at = CabinetOf(f.Target)?.At.Index ?? 0;
        bool on = true;
        After(100, Shoot);
        return () => on = false;

        void Shoot()
        {
            if (!on) return;
            After(300, Shoot);
            byte[]? payload = f.Kind == FaultKind.Replay ? Overheard(at) : Forged(at);
            if (payload is null) return;
            Broker?.Router.Route(new Mqtt.Codec.PublishView(_commandTopics[at], payload), null);
        }
    }

    private byte[]? Overheard(int at) =>
        _overheard[at].Count == 0 ? null : _overheard[at][_random.Next(_overheard[at].Count)];

    /// <summary>
    /// Everything green at once, unsigned or signed with a wrong key; a genuine command with other aspects; or what only
    /// the signature tells from a genuine one: the same command with a later number.
    /// </summary>
    private byte[] Forged(int at)
    {
        string green = new('G', City.Intersections[at].Groups.Length);
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{{\"intersection\":\"x\",\"sequence\":{(uint)(WallMs / 1000) + 100_000},\"timeMs\":{WallMs},"
            + $"\"validUntilMs\":{WallMs + 8000},\"kind\":\"show\",\"stage\":0,\"aspects\":\"{green}\"}}");
        int way = _random.Next(4);
        if (way == 3 && _newest[at] is { } said) return Renumbered(said);
        if (way == 0) return Encoding.UTF8.GetBytes(text);
        if (way == 2 && Overheard(at) is { } genuine)
            return Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(genuine).Replace('r', 'G'));
        byte[] buffer = new byte[2048];
        int length = Encoding.UTF8.GetBytes(text, buffer);
        return buffer[..Controllers.CommandSignature.Append(buffer, length, _commandTopics[at], new byte[32])];
    }

    private byte[] Renumbered(byte[] genuine)
    {
        string text = Encoding.UTF8.GetString(genuine);
        const string key = "\"sequence\":";
        int from = text.IndexOf(key, StringComparison.Ordinal) + key.Length, to = text.IndexOf(',', from);
        uint sequence = uint.Parse(text.AsSpan(from, to - from), CultureInfo.InvariantCulture) + 1 + (uint)_random.Next(100);
        return Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{text[..from]}{sequence}{text[to..]}"));
    }

    private StormLink? LinkOf(string target) => _links.Find(l => l.Name == target);

    private StormHop? HopOf(string target) => target == "sensors" ? Sensors.Hop : CabinetOf(target)?.Hop;

    private StormCabinet? CabinetOf(string target) =>
        target.StartsWith("controller:", StringComparison.Ordinal)
        && int.TryParse(target.AsSpan(11), CultureInfo.InvariantCulture, out int i) && (uint)i < (uint)Cabinets.Length
            ? Cabinets[i] : null;
}
