using System.Runtime.InteropServices;
using CityBrain.Model;
using CityBrain.SignalControl.Planning;
using CityBrain.Testing;
using Xunit;

namespace CityBrain.SignalControl.Tests.Predictive;

/// <summary>
/// Legs run together, by vectors where the processor has those of 512 bits, come to what each comes to when its seconds
/// are looped over row by row: the same bits.
/// </summary>
public class HeldQueuesTests
{
    private static readonly JunctionModel[] Junctions = [.. new[] { 5, 20, 40 }.Select(Lanes)];
    private static readonly PlannerSettings Settings = PlannerSettings.Default;

    /// <summary>So many lanes, half of them green in each of two stages.</summary>
    private static JunctionModel Lanes(int count)
    {
        string Stage(bool first) => string.Concat(Enumerable.Range(0, count).Select(n => n < count / 2 == first ? 'G' : 'r'));
        IEnumerable<string> names = Enumerable.Range(0, count).Select(n => $"{n}");
        City city = CityBuilder.Build(new CityDescription
        {
            Name = "Lanes", Districts = [new DistrictDescription("d", "d")],
            Lanes =
            [
                .. names.Select(n => new LaneDescription { Id = "in" + n, LengthM = 200, SpeedMps = 14 }),
                .. names.Select(n => new LaneDescription { Id = "out" + n, LengthM = 200, SpeedMps = 14 }),
            ],
            Intersections =
            [
                new IntersectionDescription
                {
                    Id = "j", District = "d", X = 0, Y = 0, Groups = [.. names.Select(n => new SignalGroupDescription { Id = n })],
                    Movements = [.. names.Select(n => new MovementDescription { Id = n, Group = n, From = "in" + n, To = "out" + n })],
                    Stages = [new() { Id = "A", Aspects = Stage(true) }, new() { Id = "B", Aspects = Stage(false) }],
                },
            ],
        });
        return new JunctionModel(city, new PlanUnit(city.Intersections[0]));
    }

    private static PlanScene RandomScene(JunctionModel junction, SeededRandom random, int exits, int limits)
    {
        var scene = new PlanScene(junction.Width, junction.Stages, Settings.HorizonS);
        scene.Begin(junction.Width, junction.Stages);
        for (int r = 0; r < scene.Width; r++)
        {
            scene.Old[r] = random.Next(9);
            scene.OldExtra[r] = (float)random.NextShare();
            scene.Weight[r] = random.Next(2) == 0 ? 1 : (float)random.NextShare();
            for (int t = 0; t <= scene.HorizonS; t++) scene.AddArrival(r, t, random.Next(4) == 0 ? 0.7f : 0);
        }
        scene.RoomCount = exits;
        for (int e = 0; e < exits; e++)
            for (int t = 0; t <= scene.HorizonS; t++) scene.Room[e * (scene.HorizonS + 1) + t] = 4 * e + 0.1f * t;
        for (int s = 0; s < scene.Stages; s++)
        {
            for (int r = 0; r < scene.Width; r++) scene.Rate[s * scene.Width + r] = random.Next(3) * 0.27f;
            AddYielding(scene, s, random);
            for (int k = 0; k < limits; k++)
                scene.AddLimit(s, new ExitLimit(random.Next(scene.Width), random.Next(exits), 0.1f + (float)random.NextShare()));
        }
        scene.BuildCaps(Settings);
        return scene;
    }

    /// <summary>Many rows give way, some of them to rows that give way themselves, some twice.</summary>
    private static void AddYielding(PlanScene scene, int stage, SeededRandom random)
    {
        for (int r = 0, n = 0; r < scene.Width && n < scene.Width; r += random.Next(4), n++)
        {
            int first = scene.NextOpposing(stage);
            for (int k = random.Next(4); k > 0; k--)
                scene.AddOpposing(stage, new OpposingFlow(random.Next(scene.Width), (float)random.NextShare()));
            float gives = (float)random.NextShare();
            scene.AddYielding(stage, new YieldingRow(r, 1 - gives, gives, 1.4f, first, scene.NextOpposing(stage)));
        }
    }

    private static Leg[] Legs(QueueModel queues, JunctionModel junction, int t)
    {
        var legs = new Leg[2 * junction.Stages];
        for (int s = 0; s < junction.Stages; s++)
        {
            int next = (s + 1) % junction.Stages;
            queues.Stay(ref legs[2 * s], s, next, age: s, t, end: t + 1 + 3 * s);
            queues.Switch(ref legs[2 * s + 1], s, next, t);
            legs[2 * s + 1].Until(t + junction.ChangeS[s * junction.Stages + next] + 4 + s);
        }
        return legs;
    }

    [Theory]
    [InlineData(1ul, 1, 1), InlineData(2ul, 8, 20), InlineData(3ul, 3, 9), InlineData(4ul, 1, 0), InlineData(5ul, 5, 60)]
    public void Legs_run_together_end_as_each_does_alone(ulong seed, int exits, int limits)
    {
        foreach (JunctionModel junction in Junctions) Check(junction, seed, exits, limits);
    }

    private static void Check(JunctionModel junction, ulong seed, int exits, int limits)
    {
        PlanScene scene = RandomScene(junction, new SeededRandom(seed), exits, limits);
        var queues = new QueueModel(Settings, junction.Width, junction.Stages, junction.ChangeS.Max());
        queues.Attach(scene, junction);
        int size = queues.StateSize;
        var states = new float[size * (2 * junction.Stages + 1)];
        queues.Begin(states.AsSpan(0, size));
        for (int t = 0; t < 60; t += 20)
        {
            Leg[] together = Legs(queues, junction, t), alone = Legs(queues, junction, t);
            for (int k = 0; k < together.Length; k++) together[k].Between(0, (k + 1) * size);
            queues.Run(states, together);
            var state = new float[size];
            for (int k = 0; k < alone.Length; k++)
            {
                queues.Follow(states.AsSpan(0, size), state, ref alone[k]);
                Assert.True(alone[k].Lost > 0);
                Assert.Equal((alone[k].Lost, alone[k].Left), (together[k].Lost, together[k].Left));
                Assert.Equal(Bits(state), Bits(states.AsSpan((k + 1) * size, size)));
            }
            states.AsSpan(size, size).CopyTo(states);
        }
    }

    private static uint[] Bits(Span<float> state) => MemoryMarshal.Cast<float, uint>(state).ToArray();
}
