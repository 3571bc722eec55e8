using System.Globalization;
using System.Security;
using System.Text;
using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>How a scenario is run.</summary>
public sealed record SumoStreetOptions
{
    public int Seed { get; init; } = 1;
    /// <summary>Folder for tripinfo.xml, summary.xml and tls_states.xml.</summary>
    public required string Output { get; init; }
    /// <summary>Factor on the demand (SUMO's --scale).</summary>
    public double DemandScale { get; init; } = 1;
    /// <summary>Share of vehicles that no camera sees, 0..1; for robustness runs.</summary>
    public double UnseenShare { get; init; }
}

/// <summary>One vehicle of the simulation at one instant.</summary>
/// <param name="Number">Its running number, the same through the run.</param>
/// <param name="Lane">Index of its lane in the city, -1 on none of them.</param>
/// <param name="AtM">Its front, metres from the lane's upstream end.</param>
/// <param name="SpeedMps">Metres a second.</param>
public readonly record struct StreetVehicle(int Number, int Lane, double AtM, double SpeedMps);

/// <summary>
/// A SUMO simulation as the street: second by second its sensors are read and its signals set, in lockstep over
/// TraCI. Reads positions, speeds, lengths and classes of vehicles where a sensor sees them; sets signal states.
/// Never moves, adds or reroutes a vehicle.
/// </summary>
public sealed class SumoStreet : IDisposable
{
    private readonly TraciConnection _sumo;
    private readonly SumoProcess _process;
    private readonly SumoVehicles _vehicles;
    private readonly SumoCameras _cameras;
    private readonly SumoLoops _loops;
    private readonly SumoButtons _buttons;
    private readonly byte[][] _signalIds;
    private readonly byte[][] _shown;
    private readonly List<byte[]> _departed = [], _stepped = [];
    private double _nowS;

    private SumoStreet(City city, SumoScenario scenario, SumoStreetOptions options, SumoProcess process)
    {
        _process = process;
        _sumo = new TraciConnection(process);
        _nowS = scenario.BeginS;
        _vehicles = new SumoVehicles(city);
        _cameras = new SumoCameras(city, options.UnseenShare, (ulong)options.Seed);
        _loops = new SumoLoops(city);
        _buttons = new SumoButtons(city);
        _signalIds = [.. city.Intersections.Select(i => Encoding.UTF8.GetBytes(i.Id))];
        _shown = [.. city.Intersections.Select(i => new byte[i.Groups.Length])];
    }

    /// <summary>The simulation's time, milliseconds.</summary>
    public long NowMs => (long)Math.Round(_nowS * 1000);

    /// <summary>Vehicles on the road now.</summary>
    public int VehicleCount => _vehicles.OnRoad.Count;

    /// <summary>Starts SUMO and connects. The city is the scenario's own network.</summary>
    /// <exception cref="SumoMissingException">There is no SUMO.</exception>
    /// <exception cref="SumoRunException">SUMO does not run this scenario; the message says why.</exception>
    public static SumoStreet Start(
        SumoScenario scenario, City city, SumoStreetOptions options, CancellationToken cancel = default)
    {
        SumoProcess process = SumoProcess.Start(Options(scenario, options), cancel);
        var street = new SumoStreet(city, scenario, options, process);
        try
        {
            street.SubscribeToTime();
            return street;
        }
        catch
        {
            street.Dispose();
            throw;
        }
    }

    /// <summary>Hands over what every sensor says now.</summary>
    public void Observe(IStreetReadings readings)
    {
        _cameras.Read(_vehicles, readings);
        _loops.Read(_vehicles, readings);
        _buttons.Read(readings);
    }

    /// <summary>
    /// Where every vehicle is now, seen or not: for scores and pictures. Nothing of it may reach the brain.
    /// </summary>
    public void CopyVehicles(List<StreetVehicle> into)
    {
        into.Clear();
        foreach (int i in _vehicles.OnRoad)
            into.Add(new StreetVehicle(i, _vehicles[i].Lane, _vehicles[i].AtM, _vehicles[i].SpeedMps));
    }

    /// <summary>Push buttons pressed at this instant, by index of the detector.</summary>
    public IReadOnlyCollection<int> PressedButtons => _buttons.Pressed;

    /// <summary>Sets a signal, from the next step on; told to SUMO only when it changes.</summary>
    public void Show(int intersection, ReadOnlySpan<Aspect> aspects)
    {
        byte[] letters = _shown[intersection];
        bool changed = false;
        for (int g = 0; g < letters.Length; g++)
        {
            byte letter = (byte)aspects[g].Letter();
            changed |= letters[g] != letter;
            letters[g] = letter;
        }
        if (!changed) return;
        _sumo.Request.Begin(TraciIds.SetSignalVariable).Byte(TraciIds.RedYellowGreenState)
            .Text(_signalIds[intersection]).Byte(TraciIds.TypeString).Text(letters);
        _sumo.Request.End();
    }

    /// <summary>One second passes. Signals set before go in the same message: every exchange costs a change of process.</summary>
    public void Step()
    {
        int signals = _sumo.Request.Commands;
        _sumo.Request.Begin(TraciIds.SimulationStep).Double(_nowS + 1);
        _sumo.Request.End();
        TraciReader answer = _sumo.Exchange();
        for (; signals > 0; signals--) TraciConnection.Check(ref answer, TraciIds.SetSignalVariable);
        TraciConnection.Check(ref answer, TraciIds.SimulationStep);
        _vehicles.Begin();
        _buttons.Begin();
        for (int n = answer.Integer(); n > 0; n--) ReadSubscription(ref answer);
        if (_departed.Count + _stepped.Count > 0) SubscribeToNewcomers();
    }

    /// <summary>Ends the simulation; the output files are complete afterwards.</summary>
    public void Finish()
    {
        _sumo.Request.Clear();
        _sumo.Request.Begin(TraciIds.Close).End();
        _sumo.Do(TraciIds.Close);
        _process.WaitForEnd();
    }

    public void Dispose() => _sumo.Dispose();

    private void SubscribeToTime()
    {
        TraciRequest request = _sumo.Request.Begin(TraciIds.SubscribeSimulation)
            .Double(TraciIds.Unset).Double(TraciIds.Unset).Text(""u8);
        if (_buttons.Any)
            request.Byte(3).Byte(TraciIds.Time).Byte(TraciIds.DepartedVehicles).Byte(TraciIds.DepartedPersons);
        else request.Byte(2).Byte(TraciIds.Time).Byte(TraciIds.DepartedVehicles);
        request.End();
        TraciReader answer = _sumo.Exchange();
        TraciConnection.Check(ref answer, TraciIds.SubscribeSimulation);
        ReadSubscription(ref answer);
    }

    private void ReadSubscription(ref TraciReader answer)
    {
        byte domain = answer.Command();
        ReadOnlySpan<byte> name = answer.Text();
        int variables = answer.Byte();
        switch (domain)
        {
            case TraciIds.VehicleValues: ReadVehicle(ref answer, name, variables); break;
            case TraciIds.SimulationValues: ReadSimulation(ref answer, variables); break;
            case TraciIds.PersonValues: ReadPerson(ref answer, variables); break;
            default: throw new SumoRunException($"SUMO sent values of an unknown kind, 0x{domain:X2}");
        }
    }

    private void ReadSimulation(ref TraciReader answer, int variables)
    {
        for (; variables > 0; variables--)
        {
            byte variable = answer.Byte();
            bool good = answer.Byte() == TraciIds.Ok;
            if (good && variable == TraciIds.Time)
            {
                answer.Expect(TraciIds.TypeDouble);
                _nowS = answer.Double();
            }
            else if (good && variable is TraciIds.DepartedVehicles or TraciIds.DepartedPersons)
            {
                answer.Expect(TraciIds.TypeStringList);
                List<byte[]> into = variable == TraciIds.DepartedVehicles ? _departed : _stepped;
                for (int n = answer.Integer(); n > 0; n--) into.Add(answer.Text().ToArray());
            }
            else answer.SkipValue();
        }
    }

    private void ReadVehicle(ref TraciReader answer, ReadOnlySpan<byte> name, int variables)
    {
        ReadOnlySpan<byte> lane = default;
        double at = 0, speed = 0;
        for (; variables > 0; variables--)
        {
            byte variable = answer.Byte();
            bool good = answer.Byte() == TraciIds.Ok;
            if (!good) answer.SkipValue();
            else if (variable == TraciIds.LaneId)
            {
                answer.Expect(TraciIds.TypeString);
                lane = answer.Text();
            }
            else
            {
                answer.Expect(TraciIds.TypeDouble);
                if (variable == TraciIds.LanePosition) at = answer.Double();
                else speed = answer.Double();
            }
        }
        _vehicles.Place(_vehicles.Number(name), lane, at, Math.Max(0, speed));
    }

    private void ReadPerson(ref TraciReader answer, int variables)
    {
        ReadOnlySpan<byte> edge = default, next = default;
        double speed = 0;
        for (; variables > 0; variables--)
        {
            byte variable = answer.Byte();
            bool good = answer.Byte() == TraciIds.Ok;
            if (!good) answer.SkipValue();
            else if (variable == TraciIds.Speed)
            {
                answer.Expect(TraciIds.TypeDouble);
                speed = answer.Double();
            }
            else
            {
                answer.Expect(TraciIds.TypeString);
                if (variable == TraciIds.RoadId) edge = answer.Text();
                else next = answer.Text();
            }
        }
        _buttons.See(edge, next, speed);
    }

    private void SubscribeToNewcomers()
    {
        foreach (byte[] name in _departed)
        {
            Subscribe(TraciIds.SubscribeVehicle, name, TraciIds.LaneId, TraciIds.LanePosition, TraciIds.Speed);
            foreach (byte variable in (ReadOnlySpan<byte>)[TraciIds.Length, TraciIds.Class])
                _sumo.Request.Begin(TraciIds.GetVehicleVariable).Byte(variable).Text(name).End();
        }
        foreach (byte[] name in _stepped)
            Subscribe(TraciIds.SubscribePerson, name, TraciIds.RoadId, TraciIds.NextEdge, TraciIds.Speed);
        TraciReader answer = _sumo.Exchange();
        // A vehicle may have departed and arrived within one step: SUMO does not know it any more.
        foreach (byte[] name in _departed)
        {
            if (answer.Status(TraciIds.SubscribeVehicle, out _)) ReadSubscription(ref answer);
            ref SumoVehicle v = ref _vehicles[_vehicles.Number(name)];
            if (ReadVariable(ref answer, TraciIds.TypeDouble)) v.LengthM = answer.Double();
            if (ReadVariable(ref answer, TraciIds.TypeString)) v.Class = SumoVehicles.ClassOf(answer.Text());
        }
        foreach (byte[] _ in _stepped)
            if (answer.Status(TraciIds.SubscribePerson, out string _)) ReadSubscription(ref answer);
        _departed.Clear();
        _stepped.Clear();
    }

    private void Subscribe(byte command, byte[] name, byte first, byte second, byte third) =>
        _sumo.Request.Begin(command).Double(TraciIds.Unset).Double(TraciIds.Unset).Text(name)
            .Byte(3).Byte(first).Byte(second).Byte(third).End();

    private static bool ReadVariable(ref TraciReader answer, byte type)
    {
        if (!answer.Status(TraciIds.GetVehicleVariable, out _)) return false;
        answer.Command();
        answer.Byte();
        answer.Text();
        answer.Expect(type);
        return true;
    }

    /// <summary>The options that every comparable run has: no teleports, complete outputs, signal states logged.</summary>
    private static List<string> Options(SumoScenario scenario, SumoStreetOptions options)
    {
        string output = Path.GetFullPath(options.Output);
        string additional = Path.Combine(output, "tls.add.xml");
        if (output.Contains(','))
            throw new SumoRunException($"the folder for the outputs is {output}: to SUMO a comma separates files");
        WriteAdditional(scenario, additional, Path.Combine(output, "tls_states.xml"));
        List<string> result =
        [
            "-c", scenario.Configuration, "--seed", options.Seed.ToString(CultureInfo.InvariantCulture),
            "--time-to-teleport", "-1",
            "--tripinfo-output", Path.Combine(output, "tripinfo.xml"),
            "--tripinfo-output.write-unfinished", "true", "--tripinfo-output.write-undeparted", "true",
            "--summary-output", Path.Combine(output, "summary.xml"),
            "--additional-files", string.Join(',', scenario.Additional.Append(additional)),
            "--no-step-log", "true", "--no-warnings", "true", "--duration-log.disable", "true",
        ];
        if (options.DemandScale != 1)
            result.AddRange(["--scale", options.DemandScale.ToString("R", CultureInfo.InvariantCulture)]);
        return result;
    }

    private static void WriteAdditional(SumoScenario scenario, string path, string states)
    {
        var text = new StringBuilder("<additional>\n");
        foreach (string id in SumoNetFile.Read(scenario.Network).Programmes.Select(p => p.Signal).Distinct())
            text.Append("  <timedEvent type=\"SaveTLSSwitchStates\" source=\"").Append(SecurityElement.Escape(id))
                .Append("\" dest=\"").Append(SecurityElement.Escape(states)).Append("\"/>\n");
        File.WriteAllText(path, text.Append("</additional>\n").ToString());
    }
}
