namespace CityBrain.Model;

/// <summary>
/// Rings and barriers: each ring is a row of signal groups served one after the other, and all rings cross a
/// barrier together. (NEMA TS 2; FHWA Signal Timing Manual, 2nd ed., ch. 5.) A stage may follow another if no
/// ring steps backwards within its barrier, or if all rings cross into the next barrier.
/// </summary>
internal static class RingOrder
{
    /// <summary>May stage j follow stage i? Null when the intersection has no rings.</summary>
    public static bool[][]? MayFollow(IntersectionDescription d, Action<string, string> error)
    {
        if (d.Rings.Count == 0) return null;
        int barriers = d.Rings[0].GroupsByBarrier.Count;
        if (barriers == 0 || d.Rings.Any(r => r.GroupsByBarrier.Count != barriers))
        {
            error("rings", "all rings have the same barriers, at least one");
            return null;
        }
        var positions = new (int Barrier, int[] Step)?[d.Stages.Count];
        for (int s = 0; s < positions.Length; s++)
        {
            positions[s] = Place(d, d.Stages[s]);
            if (positions[s] is null) error($"stages[{s}]", "is on no barrier of the rings, or on two");
        }
        var result = new bool[d.Stages.Count][];
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = new bool[result.Length];
            for (int j = 0; j < result.Length; j++)
                if (positions[i] is { } a && positions[j] is { } b) result[i][j] = Follows(a, b, barriers);
        }
        return result;
    }

    private static bool Follows((int Barrier, int[] Step) a, (int Barrier, int[] Step) b, int barriers)
    {
        if (b.Barrier != a.Barrier) return b.Barrier == (a.Barrier + 1) % barriers;
        if (barriers == 1) return true;
        for (int r = 0; r < a.Step.Length; r++)
            if (a.Step[r] >= 0 && b.Step[r] >= 0 && b.Step[r] < a.Step[r]) return false;
        return true;
    }

    private static (int Barrier, int[] Step)? Place(IntersectionDescription d, StageDescription stage)
    {
        int barrier = -1;
        int[] step = [.. Enumerable.Repeat(-1, d.Rings.Count)];
        for (int g = 0; g < d.Groups.Count && g < stage.Aspects.Length; g++)
        {
            if (stage.Aspects[g] is not ('g' or 'G')) continue;
            for (int r = 0; r < d.Rings.Count; r++)
                for (int b = 0; b < d.Rings[r].GroupsByBarrier.Count; b++)
                {
                    int k = IndexOf(d.Rings[r].GroupsByBarrier[b], d.Groups[g].Id);
                    if (k < 0) continue;
                    if (barrier >= 0 && barrier != b) return null;
                    barrier = b;
                    step[r] = Math.Max(step[r], k);
                }
        }
        return barrier < 0 ? null : (barrier, step);
    }

    private static int IndexOf(IReadOnlyList<string> ids, string id)
    {
        for (int i = 0; i < ids.Count; i++)
            if (ids[i] == id) return i;
        return -1;
    }
}
