namespace CityBrain.Simulation.Sumo;

/// <summary>One step of SUMO's summary.xml.</summary>
/// <param name="TimeS">Seconds of the simulation's clock.</param>
/// <param name="Running">Vehicles on the road.</param>
/// <param name="Halting">Those of them that are slower than 0.1 m/s.</param>
/// <param name="Outside">Vehicles that should have departed and find no room on their first lane.</param>
public readonly record struct SumoStep(double TimeS, int Running, int Halting, int Outside);

/// <summary>The course of a run, second by second, as SUMO wrote it down.</summary>
public static class SumoSummary
{
    /// <exception cref="SumoFileException">The summary is not there or cannot be read.</exception>
    public static List<SumoStep> Read(string folder)
    {
        var steps = new List<SumoStep>();
        SumoXml.ForEach(Path.Combine(folder, "summary.xml"), ["step"], (_, xml) => steps.Add(new SumoStep(
            SumoXml.Number(xml, "time"), (int)SumoXml.Number(xml, "running"),
            (int)SumoXml.Number(xml, "halting"), (int)SumoXml.Number(xml, "waiting"))));
        return steps;
    }
}
