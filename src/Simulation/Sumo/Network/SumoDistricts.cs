using CityBrain.Model;

namespace CityBrain.Simulation.Sumo;

/// <summary>Divides intersections into districts of nearly equal size, by halving along the longer side.</summary>
internal static class SumoDistricts
{
    public const string Main = "main";

    public static (DistrictDescription[], IntersectionDescription[]) Divide(
        IReadOnlyList<IntersectionDescription> intersections, int districts)
    {
        districts = Math.Clamp(districts, 1, Math.Max(1, intersections.Count));
        if (districts == 1) return ([new DistrictDescription(Main, Main)], [.. intersections]);
        int[] of = new int[intersections.Count];
        Halve([.. Enumerable.Range(0, of.Length)], 0, districts, intersections, of);
        return ([.. Enumerable.Range(0, districts).Select(d => new DistrictDescription(Name(d), Name(d)))],
            [.. intersections.Select((x, i) => x with { District = Name(of[i]) })]);
    }

    private static void Halve(int[] members, int first, int count, IReadOnlyList<IntersectionDescription> all, int[] of)
    {
        if (count == 1)
        {
            foreach (int i in members) of[i] = first;
            return;
        }
        double width = members.Max(i => all[i].X) - members.Min(i => all[i].X);
        double height = members.Max(i => all[i].Y) - members.Min(i => all[i].Y);
        int[] sorted = [.. members.OrderBy(i => width >= height ? all[i].X : all[i].Y).ThenBy(i => i)];
        int firstCount = count / 2, cut = sorted.Length * firstCount / count;
        Halve(sorted[..cut], first, firstCount, all, of);
        Halve(sorted[cut..], first + firstCount, count - firstCount, all, of);
    }

    private static string Name(int district) => $"d{district + 1}";
}
