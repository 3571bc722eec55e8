namespace CityBrain.Simulation;

/// <summary>
/// Round something that will not move: a vehicle that has stood for some seconds behind a wreck changes to a lane
/// beside it as soon as there is a gap.
/// </summary>
internal sealed class Overtaking(RoadGraph roads, LaneStore store)
{
    private const int PatienceS = 4;
    private const float FreeAheadM = 3, FreeBehindM = 6;

    private readonly List<int> _wrecks = new(16);

    public void Add(int wreck) => _wrecks.Add(wreck);

    public void Clear(int wreck) => _wrecks.Remove(wreck);

    public void Step(Traffic traffic)
    {
        foreach (int wreck in _wrecks)
        {
            ref readonly Vehicle w = ref store.Vehicles[wreck];
            int i = w.Behind;
            if (i < 0 || store.Vehicles[i].Wreck || store.Vehicles[i].BlockedS < PatienceS) continue;
            TryChange(i, traffic);
        }
    }

    private void TryChange(int i, Traffic traffic)
    {
        ref Vehicle v = ref store.Vehicles[i];
        foreach (int beside in roads.City.Lanes[v.Lane].Beside)
        {
            if (roads.City.Lanes[beside].OnFoot) continue;
            float at = v.Position * roads.LengthM[beside] / roads.LengthM[v.Lane];
            int ahead = -1, behind = store.First[beside];
            while (behind >= 0 && store.Vehicles[behind].Position > at)
            {
                ahead = behind;
                behind = store.Vehicles[behind].Behind;
            }
            if (ahead >= 0 && store.Vehicles[ahead].Position - store.Vehicles[ahead].Length < at + FreeAheadM) continue;
            if (behind >= 0 && store.Vehicles[behind].Position + store.Vehicles[behind].Speed * 1.5f + FreeBehindM
                > at - v.Length) continue;
            store.Remove(i);
            store.Insert(i, beside, ahead);
            v.Position = at;
            v.BlockedS = 0;
            traffic.ChooseNext(ref v, beside);
            return;
        }
    }
}
