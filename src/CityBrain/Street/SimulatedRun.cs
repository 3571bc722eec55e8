using System.Diagnostics;
using CityBrain.Brain;
using CityBrain.Model;
using CityBrain.Simulation;

namespace CityBrain.Street;

/// <summary>
/// A simulated city and its brain in one thread and without a clock: the sensors speak, a tick, the brain's commands
/// are offered to the controllers, a second passes.
/// </summary>
internal sealed class SimulatedRun
{
    private readonly DistrictBrain? _brain;
    private readonly EventSink? _toBrain;

    /// <param name="city">The city.</param>
    /// <param name="options">Demand, seed, accidents.</param>
    /// <param name="brain">Null: every controller runs its own programme.</param>
    public SimulatedRun(City city, SimulationOptions options, BrainOptions? brain)
    {
        if (brain is not null)
        {
            _brain = new DistrictBrain(city, brain);
            _toBrain = (in CityEvent e, ReadOnlySpan<byte> extra) =>
            {
                _brain.Accept(e, extra);
                Watch?.Invoke(e, extra, _brain);
            };
        }
        City = new SimulatedCity(_brain?.City ?? city, options);
    }

    public SimulatedCity City { get; }
    public long Commands { get; private set; }
    public long Refused { get; private set; }

    /// <summary>Told of every event after the brain has taken it, of a tick before its commands are obeyed.</summary>
    public RunWatcher? Watch { get; set; }

    /// <summary>One second.</summary>
    public void Step()
    {
        if (_brain is not null) Command(_brain);
        City.Step();
    }

    /// <summary>Of the streets and of the brain's state and commands.</summary>
    public ulong Digest()
    {
        var digest = new Digest();
        City.AddTo(ref digest);
        if (_brain is not null) digest.Add(_brain.Digest());
        return digest.Value;
    }

    private void Command(DistrictBrain brain)
    {
        City.Observe(_toBrain!);
        _toBrain!(CityEvent.Tick(City.NowMs), []);
        CommandBuffer commands = brain.Commands;
        Commands += commands.Count;
        for (int i = 0; i < commands.Count; i++)
        {
            SignalCommand c = commands[i];
            var received = new ReceivedCommand(
                c.Kind, c.Intersection, c.Sequence, c.TimeMs, c.ValidUntilMs, c.TargetStage);
            if (City.Controllers[c.Intersection].Offer(received, commands.Aspects(i), City.NowMs) != Refusal.None)
                Refused++;
        }
    }
}

/// <summary>Looks on at an event and the brain that has just taken it.</summary>
internal delegate void RunWatcher(in CityEvent e, ReadOnlySpan<byte> extra, DistrictBrain brain);
