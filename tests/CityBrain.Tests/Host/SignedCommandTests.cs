using CityBrain.Brain;
using CityBrain.Cli;
using CityBrain.Controllers;
using CityBrain.Host;
using CityBrain.Model;
using CityBrain.Mqtt.Client;
using CityBrain.Simulation;
using CityBrain.Street;
using CityBrain.Telemetry;
using CityBrain.Testing;

namespace CityBrain.Tests.Host;

/// <summary>A brain and a street on a real broker, with and without the same keys.</summary>
public sealed class SignedCommandTests
{
    private static readonly City City = TinyCity.Build();

    public static TheoryData<int?, int?, bool> Cases => new()
    {
        { 1, 1, true }, { null, null, true }, { 1, null, true }, { 1, 2, false }, { null, 1, false },
    };

    [Theory, MemberData(nameof(Cases))]
    public async Task A_controller_obeys_its_own_key_only(int? brainKey, int? streetKey, bool obeys)
    {
        using var limit = new CancellationTokenSource(RunningProgram.Patience);
        var options = new RunOptions
        {
            City = City, Brain = new BrainOptions { Policy = "max-pressure" }, MqttPort = 0, Dashboard = false,
            Clock = ClockSource.Feed, CommandKeys = Keys(brainKey),
        };
        await using BrainHost host = await BrainHost.StartAsync(options, new Log(TextWriter.Null, false), null, limit.Token);
        var street = new StreetOptions
        {
            Broker = new MqttClientOptions { Port = host.MqttPort, ClientId = "street" }, Lockstep = true,
            Speed = double.PositiveInfinity, Seconds = 40, CommandKeys = Keys(streetKey),
        };
        await using StreetSide side = await StreetSide.StartAsync(
            City, new SimulationOptions { Seed = 1, StartMs = 1000 }, street, TimeProvider.System, limit.Token);
        await side.RunAsync(limit.Token);
        FieldController controller = side.Street.Controllers[0];
        Assert.Equal(obeys ? ControllerMode.Remote : ControllerMode.Fallback, controller.Mode);
        Assert.Equal(obeys, controller.Refused(Refusal.Forged) == 0);
        if (!obeys) Assert.True(host.Loop.Commands > 0 && controller.LastRefusal == Refusal.Forged);
    }

    [Fact]
    public void A_key_file_that_others_can_read_is_refused()
    {
        if (OperatingSystem.IsWindows()) return;
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, CommandKeys.New(City));
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
            Assert.Contains("chmod 600", Assert.Throws<CliFailure>(() => CommandKeyFile.Read(path, City, true)).Message);
            File.SetUnixFileMode(path, UnixFileMode.UserRead);
            Assert.NotNull(CommandKeyFile.Read(path, City, true));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Null(CommandKeyFile.Read(null, City, true));
    }

    private static CommandKeys? Keys(int? seed) => seed is { } s ? CommandKeys.FromSeed(City, (ulong)s) : null;
}
