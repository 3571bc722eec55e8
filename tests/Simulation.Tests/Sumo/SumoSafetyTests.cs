using System.Globalization;
using System.Text;
using CityBrain.Model;
using CityBrain.Simulation.Sumo;
using CityBrain.Testing;

namespace CityBrain.Simulation.Tests.Sumo;

/// <summary>The safety check finds each kind of violation that is planted, and none where there is none.</summary>
public class SumoSafetyTests
{
    private static readonly SumoScenario Corridor =
        SumoScenario.Read(Path.Combine(RealPart.Root, "examples", "corridor", "corridor.sumocfg"));

    private static readonly Dictionary<string, List<SumoPhase>> Programmes = SumoNetFile.Read(Corridor.Network)
        .Programmes.ToDictionary(p => p.Signal, p => p.Phases);

    [Fact]
    public void The_networks_own_programme_is_safe()
    {
        SumoSafetyReport report = Check(_ => { });
        Assert.True(report.Safe, string.Join("\n", report.Examples));
    }

    [Fact]
    public void Conflicting_greens_are_found() => Finds("conflicting protected greens",
        log => log[2] = (log[2].AtS, new string('G', log[2].State.Length)));

    [Fact]
    public void A_green_that_does_not_yield_is_found() => Finds("conflicting greens and nobody yields",
        log => log[2] = (log[2].AtS, Unyielding(log[2].State)));

    [Fact]
    public void Green_straight_to_red_is_found() => Finds("green to red",
        log => log[1] = (log[1].AtS, log[1].State.Replace('y', 'r')));

    [Fact]
    public void Short_yellow_is_found() => Finds("short yellow",
        log => log[2] = (log[1].AtS + 2, log[2].State));

    [Fact]
    public void Short_green_is_found() => Finds("short green",
        log =>
        {
            int next = log.FindIndex(3, p => p.State.Contains('G'));
            log[next + 1] = (log[next].AtS + 4, log[next + 1].State);
        });

    [Fact]
    public void A_state_of_wrong_length_is_found() => Finds("state of wrong length",
        log => log[2] = (log[2].AtS, log[2].State + "r"));

    [Fact]
    public void A_signal_without_a_log_is_found() => Finds("signal not logged", log => log.Clear());

    private static void Finds(string kind, Action<List<(double AtS, string State)>> plant) =>
        Assert.Contains(kind, Check(plant).Violations.Keys);

    /// <summary>Logs two cycles of every signal, the first one's spoilt.</summary>
    private static SumoSafetyReport Check(Action<List<(double AtS, string State)>> plant)
    {
        string folder = Directory.CreateTempSubdirectory("citybrain-safety").FullName;
        var xml = new StringBuilder("<tlsStates>\n");
        foreach ((string id, List<SumoPhase> phases) in Programmes.OrderBy(p => p.Key, StringComparer.Ordinal))
        {
            var log = new List<(double AtS, string State)>();
            double at = 0;
            foreach (SumoPhase phase in phases.Concat(phases))
            {
                log.Add((at, phase.State));
                at += phase.DurationS;
            }
            if (id == Programmes.Keys.Order(StringComparer.Ordinal).First()) plant(log);
            foreach ((double atS, string state) in log)
                xml.Append(CultureInfo.InvariantCulture, $"<tlsState time=\"{atS}\" id=\"{id}\" state=\"{state}\"/>\n");
        }
        File.WriteAllText(Path.Combine(folder, "tls_states.xml"), xml.Append("</tlsStates>\n").ToString());
        return SumoSafety.Check(Corridor with { EndS = 200 }, folder);
    }

    /// <summary>Only a pair that no phase shows together: the one that must give way protected, the other permissive.</summary>
    private static string Unyielding(string state)
    {
        string signal = Programmes.Keys.Order(StringComparer.Ordinal).First();
        foreach (ConflictDescription c in new SumoRightOfWay(SumoNetFile.Read(Corridor.Network)).Conflicts(signal))
        {
            int a = int.Parse(c.A), b = int.Parse(c.B);
            if (c.Yields is null || Programmes[signal].Exists(p => "gG".Contains(p.State[a]) && "gG".Contains(p.State[b])))
                continue;
            char[] letters = new string('r', state.Length).ToCharArray();
            letters[c.Yields == c.A ? a : b] = 'G';
            letters[c.Yields == c.A ? b : a] = 'g';
            return new string(letters);
        }
        throw new InvalidOperationException("the example has no such pair");
    }
}
