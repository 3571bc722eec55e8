using System.Globalization;
using CityBrain.Model;

namespace CityBrain.Evaluation;

/// <summary>waits.csv: the longest wait of every movement of a run, the longest first.</summary>
internal static class WaitFile
{
    private const string Header =
        "Intersection,Movement,Group,Kind,Turn,From,To,LongestWaitS,UntilS,BoundS,WithinBound";

    public static void Write(string path, City city, IEnumerable<MovementWait> waits) =>
        File.WriteAllLines(path, waits.Select(w => Line(city, w)).Prepend(Header));

    private static string Line(City city, MovementWait w)
    {
        Movement m = w.Movement;
        Intersection i = city.Intersections[m.Intersection];
        return string.Join(',', Text(i.Id), Text(m.Id), Text(i.Groups[m.Group].Id), w.OnFoot ? "pedestrian" : "vehicle",
            m.Turn, Text(city.Lanes[m.From].Id), Text(city.Lanes[m.To].Id), Number(w.WaitS), Number(w.UntilS),
            Number(w.BoundS), w.OverBound ? "no" : "yes");
    }

    private static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    /// <summary>A field by RFC 4180: quoted where it holds a comma, a quote or a line end.</summary>
    private static string Text(string text) =>
        text.AsSpan().IndexOfAny(",\"\r\n") < 0 ? text : '"' + text.Replace("\"", "\"\"") + '"';
}
