using System.Collections.Concurrent;
using System.Diagnostics;
using CityBrain.Testing;

namespace CityBrain.Mqtt.Tests.Interop;

/// <summary>A program of somebody else's, with its lines of output; killed when the test is over.</summary>
internal sealed class ForeignProcess : IDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ConcurrentQueue<string> _errors = new();

    private ForeignProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(_lines, e.Data);
        process.ErrorDataReceived += (_, e) => Keep(_errors, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string[] Lines => [.. _lines];

    public string[] Errors => [.. _errors];

    public static ForeignProcess Start(string program, params string[] arguments) => Start(program, null, arguments);

    public static ForeignProcess Start(
        string program, string? folder, string[] arguments, params ReadOnlySpan<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo(RealPart.Find(program)!, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "",
        };
        foreach ((string name, string value) in environment) start.Environment[name] = value;
        return new ForeignProcess(Process.Start(start)!);
    }

    public Task WaitForLinesAsync(int count, string what) => Eventually.True(() => _lines.Count >= count, $"{what}: {this}");

    /// <summary>Waits for a proper end.</summary>
    public async Task<string[]> EndAsync()
    {
        Assert.True(await ExitCodeAsync() == 0, ToString());
        return Lines;
    }

    /// <summary>Waits for the end, whatever it is.</summary>
    public async Task<int> ExitCodeAsync()
    {
        using var patience = new CancellationTokenSource(3 * Eventually.Patience);
        await _process.WaitForExitAsync(patience.Token);
        return _process.ExitCode;
    }

    public override string ToString() => $"{_process.StartInfo.FileName}: {string.Join('\n', Lines.Concat(Errors))}";

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
    }

    private static void Keep(ConcurrentQueue<string> lines, string? line)
    {
        if (line is not null)
        {
            lines.Enqueue(line);
        }
    }
}

/// <summary>Debian's mosquitto on a free port, with a configuration of the test's.</summary>
internal sealed class Mosquitto : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mosquitto-").FullName;
    private ForeignProcess? _process;

    public int Port { get; } = LocalPort.Free();

    public static async Task<Mosquitto> StartAsync(params string[] settings)
    {
        var mosquitto = new Mosquitto();
        string file = Path.Combine(mosquitto._folder, "mosquitto.conf");
        await File.WriteAllLinesAsync(file,
            [
                $"listener {mosquitto.Port} 127.0.0.1", "log_type error", .. settings,
                .. settings.Contains("allow_anonymous false") ? (string[])[] : ["allow_anonymous true"],
            ]);
        mosquitto._process = ForeignProcess.Start("mosquitto", "-c", file);
        await Eventually.True(() => LocalPort.IsOpen(mosquitto.Port), $"mosquitto to listen: {mosquitto._process}");
        return mosquitto;
    }

    public void Dispose()
    {
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}

/// <summary>TCP ports of this machine.</summary>
internal static class LocalPort
{
    public static int Free()
    {
        using var probe = new ScriptedBroker();
        return probe.Port;
    }

    public static bool IsOpen(int port)
    {
        try
        {
            using var probe = new System.Net.Sockets.TcpClient("127.0.0.1", port);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }
}
