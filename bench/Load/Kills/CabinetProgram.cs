using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using CityBrain.Cli;
using CityBrain.Controllers;
using CityBrain.Ingest.Wire;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Mqtt.Codec;
using CityBrain.Simulation;
using CityBrain.Street;

namespace CityBrain.Load;

/// <summary>
/// One controller in a process of its own, to be killed: the product's inbox, signature check, conflict monitor and own
/// programme, by the machine's clocks. What its lamps show goes to stdout, a line a change, as does every command taken:
/// <c>steadyMs mode aspects accepted sequence</c>.
/// </summary>
internal static class CabinetProgram
{
    public const int StepMs = 100;
    private const int SayMs = 1000;

    public static async Task<int> RunAsync(string cityFile, int port, int at, string keyFile)
    {
        City city = CityFile.Read(cityFile);
        CommandKeys keys = CommandKeyFile.Read(keyFile, city, all: false)!;
        var counters = new StreetCounters();
        var inbox = new CommandInbox(city, StreetPart.Controllers, counters, keys);
        var controllers = new FieldController[city.Intersections.Length];
        FieldController controller = controllers[at] = new FieldController(city, at, new FieldOptions { SwitchedOnNow = true });
        await using var client = new MqttClient(new MqttClientOptions
        {
            Port = port, ClientId = $"cabinet-{at}", ReconnectMax = TimeSpan.FromSeconds(2),
        }, inbox.OnMessage);
        var publisher = new SensorPublisher(city, (topic, payload) => client.TryPublish(topic, payload), counters, binary: false);
        // The broker may be away just now: the signals run without it.
        _ = ConnectAsync(client, new FeedTopics(city.Districts[city.Intersections[at].District].Id).Command(city.Intersections[at].Id));
        Run(inbox, controllers, controller, publisher);
        return 0;
    }

    private static async Task ConnectAsync(MqttClient client, string commands)
    {
        await client.ConnectAsync(keepTrying: true);
        ReasonCode code = await client.SubscribeAsync(commands, Qos.AtMostOnce);
        if (code >= ReasonCode.UnspecifiedError) Console.Error.WriteLine($"subscription refused: {code}");
    }

    private static void Run(CommandInbox inbox, FieldController[] controllers, FieldController controller,
        SensorPublisher publisher)
    {
        string last = "";
        long saidMs = 0;
        for (long dueMs = SteadyMs; ; dueMs = Math.Max(dueMs + StepMs, SteadyMs))
        {
            while (dueMs - SteadyMs is > 0 and var left) PreciseWait.Sleep(left);
            long steadyMs = SteadyMs, wallMs = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            inbox.Deliver(controllers, wallMs, steadyMs);
            ReadOnlySpan<Aspect> heads = controller.Step(wallMs, steadyMs);
            string line = Line(controller, heads);
            bool changed = line != last;
            if (changed) Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{steadyMs} {line}"));
            if (changed || steadyMs - saidMs >= SayMs) Say(controller, publisher, wallMs);
            if (changed || steadyMs - saidMs >= SayMs) saidMs = steadyMs;
            last = line;
        }
    }

    /// <summary>The machine's steady clock, the same in all processes (CLOCK_MONOTONIC).</summary>
    public static long SteadyMs => Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1000);

    private static string Line(FieldController c, ReadOnlySpan<Aspect> heads)
    {
        Span<char> letters = stackalloc char[heads.Length];
        for (int g = 0; g < heads.Length; g++) letters[g] = (char)('a' + (int)heads[g]);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)c.Mode} {letters} {c.Accepted} {c.LastSequence}");
    }

    private static void Say(FieldController c, SensorPublisher publisher, long wallMs)
    {
        ReadOnlySpan<byte> extra = MemoryMarshal.Cast<Aspect, byte>(c.Shown);
        publisher.Take(new CityEvent(wallMs, c.Intersection, EventKind.Controller, (byte)c.Mode, (ushort)extra.Length,
            c.StageShown, (float)c.LastRefusal, 0, c.LastSequence), extra);
    }
}
