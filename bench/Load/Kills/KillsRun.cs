using System.Diagnostics;
using System.Globalization;
using CityBrain.Controllers;
using CityBrain.Model;

namespace CityBrain.Load;

/// <summary>
/// kill -9 of brain, broker and controllers at random moments under load, over a real mosquitto: every one of them a
/// process of its own, killed and started again by its own clock drawn from the seed, so that kills fall into each
/// other's recoveries. Rounds of so many kills each, with a journal each: at its end all must be well again, and the
/// journal must hold every press that was acknowledged, once, and be equal when it is lived through again.
/// </summary>
internal sealed class KillsRun : IAsyncDisposable
{
    private const int CalmS = 90;
    private readonly ulong _seed;
    private readonly KillsFigures _figures;
    private readonly City _city;
    private readonly string _folder;
    private readonly CabinetWitness[] _witnesses;
    private readonly List<Victim> _victims = [];
    private readonly Victim _brain, _broker;
    private readonly KillsStreet _street;
    private readonly int _port = Programs.FreePort();
    private readonly CancellationTokenSource _over = new();
    private int _left;
    private string? _broken;

    private KillsRun(int kills, int rate, ulong seed, string folder, KillsFigures figures)
    {
        (_left, _seed, _figures, _folder) = (kills, seed, figures, folder);
        _city = KillsCity.WithLoops(rate);
        string city = Path.Combine(folder, "city.json"), keys = Path.Combine(folder, "keys.json");
        File.WriteAllBytes(city, CityJson.Write(_city.Description));
        CityBrain.Cli.PrivateFile.WriteNew(keys, System.Text.Encoding.UTF8.GetBytes(CommandKeys.New(_city)));
        string address = string.Create(CultureInfo.InvariantCulture, $"mqtt://127.0.0.1:{_port}");
        _broker = Add("broker", Programs.Mosquitto, ["-c", MosquittoSettings()], null);
        _brain = Add("brain", "dotnet", [Programs.BrainProgram(), "run", "--city", city, "--broker", address, "--journal",
            Path.Combine(folder, "journal"), "--no-dashboard", "--command-keys", keys], null);
        _witnesses = [.. _city.Intersections.Select(i => new CabinetWitness(i, figures))];
        foreach (CabinetWitness witness in _witnesses)
        {
            int at = Array.IndexOf(_witnesses, witness);
            Add("controller", "dotnet", [typeof(KillsRun).Assembly.Location, "cabinet", city, Text(_port), Text(at), keys],
                witness.Read, witness.GoDark);
        }
        _street = new KillsStreet(_city, _witnesses, _port, seed);
    }

    /// <summary>True when nothing was lost, doubled or unsafe.</summary>
    public static async Task<bool> RunAsync(int kills, int perRound, int rate, ulong seed, bool show)
    {
        var figures = new KillsFigures(show);
        long began = Stopwatch.GetTimestamp();
        for (int done = 0, round = 0; done < kills; done += perRound, round++)
        {
            string folder = Directory.CreateTempSubdirectory("citybrain-kills-").FullName;
            int here = Math.Min(perRound, kills - done);
            await using (var run = new KillsRun(here, rate, seed + ((ulong)round << 32), folder, figures)) await run.PlayAsync();
            Directory.Delete(folder, recursive: true);
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{done + here} kills, {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s, ")
                + $"{figures.Acknowledged} presses acknowledged, {figures.Lost} lost, {figures.Doubled} doubled, {figures.UnsafeCount} unsafe");
            if (!figures.Good) break;
        }
        figures.Print(Console.Out, Stopwatch.GetElapsedTime(began).TotalSeconds);
        return figures.Good;
    }

    private async Task PlayAsync()
    {
        // What is asked to end takes what it started with it.
        AppDomain.CurrentDomain.ProcessExit += (_, _) => _victims.ForEach(v => v.Dispose());
        foreach (Victim victim in _victims) victim.Start();
        await _street.StartAsync();
        await WellAsync("at the beginning");
        await Task.WhenAll(_victims.Select((v, n) => HuntAsync(v, n)));
        _street.PressNoMore();
        await WellAsync("after the last kill");
        _street.End();
        _brain.End();
        if (_broken is not null) throw new InvalidOperationException(_broken);
        string journal = Path.Combine(_folder, "journal");
        _street.Judge(journal, _figures);
        Verify(journal);
    }

    /// <summary>Kills one program again and again, each time after a while and for a while.</summary>
    private async Task HuntAsync(Victim victim, int number)
    {
        var random = SeededRandom.For(_seed, 100 + (ulong)number);
        (double shortest, double longest) = victim == _brain ? (0.2, 38) : victim == _broker ? (0.2, 58) : (0.2, 40);
        while (_broken is null)
        {
            // Whoever takes the last kill ends the others' waiting.
            await Task.Delay(TimeSpan.FromSeconds(random.Next(shortest, longest)), _over.Token)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            int left = Interlocked.Decrement(ref _left);
            if (left == 0) await _over.CancelAsync();
            if (left < 0) return;
            bool others = victim == _brain || victim == _broker;
            // Of brain and broker every second one is away for longer than the controllers wait.
            double away = others && random.Next(2) == 0 ? random.Next(KillsCity.FallbackS + 0.5, KillsCity.FallbackS + 2.5) : random.Next(0.05, 1);
            long ms = CabinetProgram.SteadyMs;
            victim.Kill();
            _figures.Killed(victim.Name);
            if (others)
                foreach (CabinetWitness w in _witnesses) w.Lost(ms);
            await Task.Delay(TimeSpan.FromSeconds(away));
            victim.Start();
            _figures.Tell($"{victim.Name} started");
            ms = CabinetProgram.SteadyMs;
            if (!others && !(_brain.Running && _broker.Running)) continue;
            for (int i = 0; i < _witnesses.Length; i++)
                if (others || number == i + 2) _witnesses[i].Restarted(victim.Name, ms);
        }
    }

    private async Task WellAsync(string when)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed.TotalSeconds < CalmS; await Task.Delay(50))
        {
            if (_broken is not null) throw new InvalidOperationException(_broken);
            if (_witnesses.All(w => w.Remote) && (_street.Waiting == 0 || when != "after the last kill")) return;
        }
        throw new InvalidOperationException($"not well {CalmS} s {when}: {_witnesses.Count(w => w.Remote)} of {_witnesses.Length} "
            + $"controllers obey, {_street.Waiting} presses wait\n" + string.Join('\n', _brain.LastErrors));
    }

    private void Verify(string journal)
    {
        using Process verify = Process.Start(new ProcessStartInfo("dotnet", [Programs.BrainProgram(), "verify", journal, "--json"])
        { RedirectStandardOutput = true })!;
        string said = verify.StandardOutput.ReadToEnd();
        verify.WaitForExit();
        if (verify.ExitCode != 0 || !said.Contains("\"equal\":true", StringComparison.Ordinal))
            throw new InvalidOperationException("the journal lived through again is not equal: " + said);
    }

    private Victim Add(string name, string program, string[] arguments, Action<string>? read, Action? dead = null)
    {
        Victim? victim = null;
        victim = new Victim(name, program, arguments, read)
        {
            Dead = dead,
            EndedByItself = code =>
            {
                _figures.EndedByItself(name);
                // A brain that finds no broker says so and ends; anything else is a finding.
                string[] said = victim!.LastErrors;
                if (name != "brain" || !said.Any(l => l.Contains("does not answer", StringComparison.Ordinal) || l.Contains("refuses", StringComparison.Ordinal)))
                    _broken ??= $"{name} ended by itself with {code}:\n{string.Join('\n', said)}";
            },
        };
        _victims.Add(victim);
        return victim;
    }

    private string MosquittoSettings()
    {
        string store = Directory.CreateDirectory(Path.Combine(_folder, "mosquitto")).FullName, file = Path.Combine(_folder, "mosquitto.conf");
        string user = Environment.UserName == "root" ? "user root\n" : "";
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"listener {_port} 127.0.0.1\nallow_anonymous true\n{user}")
            + $"set_tcp_nodelay true\npersistence true\npersistence_location {store}/\nautosave_interval 1\nlog_type error\n");
        return file;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (Victim victim in _victims) victim.Dispose();
        await _street.DisposeAsync();
        _over.Dispose();
    }

    private static string Text(int n) => n.ToString(CultureInfo.InvariantCulture);
}
